import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** A script of `test/faults/scripts` in a process of its own, which ends with the test at the latest. */
export class ScriptProcess {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #closed: Promise<unknown[]>
  #output = ''
  #errors = ''

  constructor(script: string, ...args: string[]) {
    const path = fileURLToPath(new URL(`scripts/${script}`, import.meta.url))
    const flags = ['--conditions=source', '--expose-gc']
    this.#process = spawn(process.execPath, [...flags, path, ...args])
    this.#closed = once(this.#process, 'close')
    this.#process.stdout.on('data', (data: Buffer) => (this.#output += String(data)))
    this.#process.stderr.on('data', (data: Buffer) => (this.#errors += String(data)))
    onTestFinished(async () => {
      await this.kill()
    })
  }

  /** The lines that it has written so far, to their ends. */
  get lines(): string[] {
    return this.#output.split('\n').slice(0, -1)
  }

  /** Resolves when it has written so many lines. */
  async says(lines: number): Promise<void> {
    while (this.lines.length < lines) {
      const isClosed = await Promise.race([
        once(this.#process.stdout, 'data').then(() => false),
        this.#closed.then(() => true),
      ])
      if (isClosed && this.lines.length < lines) throw new Error(`the process ended: ${this.#errors}`)
    }
  }

  tell(text: string): void {
    this.#process.stdin.write(`${text}\n`)
  }

  /** As `kill -9`; resolves when all that it wrote before has been read. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#closed
  }

  /** Resolves when it has ended well, with what it printed last, in JSON. */
  async result(): Promise<any> {
    const [code] = await this.#closed
    if (code !== 0) throw new Error(`the process ended with ${String(code)}: ${this.#errors}`)
    return JSON.parse(this.lines.at(-1) ?? '')
  }
}
