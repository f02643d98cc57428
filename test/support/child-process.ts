import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** A TypeScript script of `test/concurrency/children` in a process of its own. */
export class Child {
  readonly #process: ChildProcessWithoutNullStreams
  readonly #exited: Promise<unknown[]>
  #output = ''
  #errors = ''

  constructor(script: string, ...args: string[]) {
    const path = fileURLToPath(new URL(`../concurrency/children/${script}`, import.meta.url))
    this.#process = spawn(process.execPath, ['--conditions=source', path, ...args])
    this.#exited = once(this.#process, 'exit')
    this.#process.stdout.on('data', (data: Buffer) => {
      this.#output += String(data)
    })
    this.#process.stderr.on('data', (data: Buffer) => {
      this.#errors += String(data)
    })
    onTestFinished(async () => {
      this.#process.kill('SIGKILL')
      await this.#exited
    })
  }

  get output(): string {
    return this.#output
  }

  /** Resolves when the child has written `text`. */
  async says(text: string): Promise<void> {
    while (!this.#output.includes(text)) {
      if (this.#process.exitCode !== null) throw new Error(`the child ended: ${this.#errors}`)
      await Promise.race([once(this.#process.stdout, 'data'), this.#exited])
    }
  }

  tell(text: string): void {
    this.#process.stdin.write(text)
  }

  /** Resolves when the child has ended; rejects with what it wrote to stderr where it failed. */
  async ended(): Promise<void> {
    const [code] = await this.#exited
    if (code !== 0) throw new Error(`the child ended with ${String(code)}: ${this.#errors}`)
  }
}
