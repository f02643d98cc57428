import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Entry, Reply, Request } from './entrant.ts'

/** Milliseconds after which somebody who does not answer hangs. */
const PATIENCE = 60_000
const PROGRAM = fileURLToPath(new URL('entry-process.ts', import.meta.url))

/** An entrant in its process, seen from the parent. */
export class RunningEntry {
  readonly #process: ChildProcess
  #waiting: ((reply: Reply) => void) | undefined

  /** Settles when the entrant is ready, or says why it cannot take part. */
  readonly ready: Promise<Reply>

  constructor(entry: Entry) {
    this.#process = fork(PROGRAM, [JSON.stringify(entry)], {
      execArgv: ['--expose-gc', '--no-warnings'],
      // better-sqlite3 reads URIs only if this was set before it was loaded, and nothing says so.
      env: { ...process.env, SQLITE_USE_URI: '1' },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#process.on('message', (reply) => this.#settle(reply as Reply))
    let said = ''
    this.#process.stderr!.on('data', (text) => (said += text))
    this.#process.once('exit', (code, signal) =>
      this.#settle({
        cannot: `The process ended with ${signal ?? code}. ${/^\w*Error.*$/m.exec(said) ?? ''}`.trim(),
      }),
    )
    this.ready = this.#reply()
  }

  async ask(request: Request): Promise<Reply> {
    const reply = this.#reply()
    if (this.#process.connected) this.#process.send(request)
    return reply
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    if (this.#process.connected) this.#process.disconnect()
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 5000)
    await ended
    clearTimeout(timer)
  }

  #reply(): Promise<Reply> {
    const { promise, resolve } = Promise.withResolvers<Reply>()
    const timer = setTimeout(() => {
      this.#process.kill('SIGKILL')
      resolve({ cannot: `It had not answered after ${PATIENCE / 1000} seconds.` })
    }, PATIENCE)
    this.#waiting = (reply) => {
      clearTimeout(timer)
      resolve(reply)
    }
    return promise
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.(reply)
  }
}
