import { MessageChannel, type Worker } from 'node:worker_threads'
import { turn } from '../clock.ts'
import type { SqliteErrorFactory } from '../drivers/driver.ts'
import type { SqliteLibrary } from '../drivers/local/sqlite-library.ts'
import { watchLoading } from './exit-while-loading.ts'
import type { Command } from './protocol.ts'
import { SharedNumbers } from './shared-numbers.ts'
import { type StatementWatch, ThreadWatch } from './statement-watch.ts'
import { startWorker } from './start-worker.ts'
import { type Answer, type ConnectionState, WorkerChannel } from './worker-channel.ts'

export interface WorkerOptions {
  /** For debuggers. */
  readonly name: string
  /** The URL of the module that opens the handles; undefined where this package does. */
  readonly creator: string | undefined
  /** Ends the thread where a statement takes too long. */
  readonly statements?: StatementWatch | undefined
  /** Called when nothing of the thread is left. */
  readonly onExit: () => void
}

/**
 * The calling thread's side of one worker thread that hosts connections.
 *
 * It keeps the process alive while something is asked, and only then.
 */
export class WorkerClient {
  /** Makes the errors of SQLite that arrive from the thread. */
  readonly sqliteError: SqliteErrorFactory
  readonly #worker: Worker
  readonly #channel: WorkerChannel
  readonly #watch: ThreadWatch | undefined
  #connections = 0
  #numbers = 0
  /** Called when nothing is asked any more. */
  #onQuiet: (() => void)[] = []
  /** Called when the first connection has been opened, or could not be. */
  #onLoaded: (() => void) | undefined
  #failure: unknown
  #isToEnd = false
  #termination: Promise<unknown> | undefined

  /** @param library What opens the connections in the thread. */
  constructor(library: SqliteLibrary, { name, creator, statements, onExit }: WorkerOptions) {
    const { port1, port2 } = new MessageChannel()
    this.sqliteError = library.error
    const signals = new SharedArrayBuffer(SharedNumbers.bytes)
    this.#worker = startWorker(library, name, { port: port2, signals, creator })
    this.#onLoaded = watchLoading(new Int32Array(signals))
    this.#channel = new WorkerChannel(port1, signals, {
      onBusy: () => this.#worker.ref(),
      onQuiet: () => this.#becomeQuiet(),
      onBroken: (error) => void this.terminate(error),
    })
    if (statements !== undefined) this.#watch = new ThreadWatch(statements, (why) => void this.terminate(why))
    this.#worker.unref()
    this.#worker.on('error', (error: unknown) => {
      this.#failure = error
    })
    this.#worker.on('exit', (code) => {
      this.#channel.close(this.#failure ?? new Error(`it exited with code ${code}`))
      onExit()
    })
  }

  /** It hosts nothing any more. */
  get ended(): boolean {
    return this.#channel.closed
  }

  /** It takes no new connections. */
  get isToEnd(): boolean {
    return this.#isToEnd
  }

  /** How many connections live in it, or are being opened there. */
  get connections(): number {
    return this.#connections
  }

  /** Something is asked that is not yet answered. */
  get isBusy(): boolean {
    return this.#channel.busy
  }

  /** It is at something long, for which others would have to wait. */
  get isHeldUp(): boolean {
    return this.#channel.isHeldUp
  }

  /** Has a place for a new connection, and a number. */
  enter(): number {
    this.#connections += 1
    this.#numbers += 1
    return this.#numbers
  }

  /** Counts a connection out that is closed, or could not be opened. */
  async leave(): Promise<void> {
    this.#connections -= 1
    await this.#endIfEmpty()
  }

  /** As the channel does. */
  ask(connection: number, command: Command, state: ConnectionState): Promise<Answer> {
    const answer = this.#channel.ask(connection, command, state)
    return this.#watch === undefined ? answer : this.#watch.during(command, answer)
  }

  /** The connection that leaves last ends the thread. */
  endWithLast(): void {
    this.#isToEnd = true
  }

  /**
   * Ends the thread as soon as no connection lives in it.
   *
   * Resolves when nothing of the thread is left, or when it does nothing any more although connections are out.
   */
  async endWhenEmpty(): Promise<void> {
    this.endWithLast()
    while (this.#channel.busy) {
      await new Promise<void>((resolve) => this.#onQuiet.push(resolve))
      // The caller that was answered gives its connection back, and may then ask to close it.
      await turn()
    }
    await this.#endIfEmpty()
    await this.#termination
  }

  /**
   * Ends the thread, whatever it does. What was asked is answered at once; a statement that SQLite runs still ends by
   * itself, and the promise waits for it. Nobody may call it before the first answer, see `exit-while-loading.ts`.
   */
  terminate(why: unknown): Promise<unknown> {
    this.#channel.close(why)
    return (this.#termination ??= this.#worker.terminate())
  }

  #becomeQuiet(): void {
    this.#worker.unref()
    this.#onLoaded?.()
    this.#onLoaded = undefined
    for (const resolve of this.#onQuiet.splice(0)) resolve()
  }

  async #endIfEmpty(): Promise<void> {
    if (this.#isToEnd && this.#connections === 0)
      await this.terminate(new Error('the database was destroyed'))
  }
}
