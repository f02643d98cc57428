import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, resolve } from 'node:path'
import { onTestFinished } from 'vitest'
import { LOADING } from './node-options.ts'

const TESTS = dirname(import.meta.dirname)

interface Surroundings {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** A command with its arguments that runs what follows them. */
  readonly behind?: readonly string[]
  /** The options of Node.js. */
  readonly node?: readonly string[]
}

/**
 * A script in a process of its own, which ends with the test at the latest. It is named by its path in `test`.
 */
export class ScriptProcess {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #closed: Promise<unknown[]>
  #output = ''
  #errors = ''

  constructor(script: string, args: readonly string[] = [], surroundings: Surroundings = {}) {
    const { behind = [], node = [...LOADING, '--expose-gc'], ...options } = surroundings
    const [command = '', ...rest] = [...behind, process.execPath, ...node, resolve(TESTS, script), ...args]
    this.#process = spawn(command, rest, options)
    this.#closed = once(this.#process, 'close')
    this.#process.stdout.on('data', (data: Buffer) => (this.#output += String(data)))
    this.#process.stderr.on('data', (data: Buffer) => (this.#errors += String(data)))
    onTestFinished(() => this.kill())
  }

  /** The lines that it has printed so far, to their ends. */
  get lines(): string[] {
    return this.#output.split('\n').slice(0, -1)
  }

  /** What it has written to its standard error so far. */
  get errors(): string {
    return this.#errors
  }

  /** Resolves when it has printed so many lines. */
  async hasPrinted(lines: number): Promise<void> {
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

  /** As Ctrl+C. */
  interrupt(): void {
    this.#process.kill('SIGINT')
  }

  /** As `kill -9`; resolves when all that it printed before has been read. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#closed
  }

  /** Resolves when it has ended well. */
  async ended(): Promise<void> {
    const [code, signal] = await this.#closed
    if (code !== 0) throw new Error(`the process ended with ${String(code ?? signal)}: ${this.#errors}`)
  }

  /** Resolves when it has ended well, with what it printed last, in JSON. */
  async result(): Promise<any> {
    await this.ended()
    return JSON.parse(this.#output.trimEnd().split('\n').at(-1) ?? '')
  }
}

/** Runs a script to its end, and returns what it printed last, in JSON. */
export function resultOf(...process: ConstructorParameters<typeof ScriptProcess>): Promise<any> {
  return new ScriptProcess(...process).result()
}
