import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers'
import { setImmediate as turn } from 'node:timers/promises'
import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads'
import type { SqliteErrorFactory } from '../drivers/driver.ts'
import type { SqliteLibrary } from '../drivers/local/sqlite-library.ts'
import { watchLoading } from './loading.ts'
import { unpackRows } from './packed-rows.ts'
import { type Command, type Outcome, PARTS_PER_SIGNAL, type RowsOutcome, Signal } from './protocol.ts'
import { startWorker } from './start-worker.ts'
import { packRequest, unpackReply, type WireReply, type WireRequest } from './wire.ts'

/** What comes back for a command, or why nothing does. Its promise never rejects. */
export type Answer =
  | Outcome
  | RowsOutcome<unknown[]>
  | { readonly kind: 'died'; readonly cause: unknown }
  /** The command cannot travel to another thread. */
  | { readonly kind: 'unsent'; readonly cause: unknown }

/** What the answers say of a connection. */
export interface ConnectionState {
  inTransaction: boolean
}

interface Asked {
  readonly state: ConnectionState
  readonly answer: (answer: Answer) => void
  /** Those that have arrived so far. */
  rows: unknown[] | undefined
  parts: number
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
  readonly #port: MessagePort
  readonly #signals: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(Signal.bytes))
  /** By the numbers of the requests. */
  readonly #asked: Map<number, Asked> = new Map()
  #outbox: WireRequest[] = []
  #ids = 0
  #connections = 0
  #numbers = 0
  /** Called when nothing is asked any more. */
  #onQuiet: (() => void)[] = []
  /** Called with the first answer. */
  #onLoaded: (() => void) | undefined
  #failure: unknown
  #isToEnd = false
  #ended = false
  #termination: Promise<unknown> | undefined

  /**
   * @param library What opens the connections in the thread.
   * @param creator The URL of the module that opens the handles; absent where this package does.
   * @param onExit Called when nothing of the thread is left.
   */
  constructor(library: SqliteLibrary, name: string, creator: string | undefined, onExit: () => void) {
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.sqliteError = library.error
    this.#worker = startWorker(library, name, { port: port2, signals: this.#signals.buffer, creator })
    this.#onLoaded = watchLoading(this.#signals)
    this.#worker.unref()
    this.#worker.on('error', (error: unknown) => {
      this.#failure = error
    })
    this.#worker.on('exit', (code) => {
      this.#end(this.#failure ?? new Error(`it exited with code ${code}`))
      onExit()
    })
    this.#port.on('messageerror', (error: unknown) => void this.terminate(error))
    this.#listen()
  }

  /** It hosts nothing any more. */
  get ended(): boolean {
    return this.#ended
  }

  /** It takes no new connections. */
  get isToEnd(): boolean {
    return this.#isToEnd
  }

  /** How many connections live in it, or are being opened there. */
  get connections(): number {
    return this.#connections
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
    while (this.#asked.size > 0) {
      await new Promise<void>((resolve) => this.#onQuiet.push(resolve))
      // Whoever was answered gives the connection back, which may be asked for in turn.
      await turn()
    }
    await this.#endIfEmpty()
    await this.#termination
  }

  /**
   * Requests of one tick travel together: they leave when the code that makes them has come to its end.
   *
   * @param state Is brought up to date when the answer arrives, which may be long before somebody looks at it.
   */
  ask(connection: number, command: Command, state: ConnectionState): Promise<Answer> {
    if (this.#ended) return Promise.resolve({ kind: 'died', cause: this.#failure })
    return new Promise((answer) => {
      this.#ids += 1
      if (this.#asked.size === 0) this.#worker.ref()
      this.#asked.set(this.#ids, { state, answer, rows: undefined, parts: 0 })
      if (this.#outbox.push(packRequest(this.#ids, connection, command)) === 1) nextTick(this.#post)
    })
  }

  /**
   * Ends the thread, whatever it does. What was asked is answered at once; a statement that SQLite runs still ends by
   * itself, and the promise waits for it. Nobody may call it before the first answer, see `loading.ts`.
   */
  terminate(why: unknown): Promise<unknown> {
    this.#end(why)
    return (this.#termination ??= this.#worker.terminate())
  }

  readonly #post = (): void => {
    const requests = this.#outbox
    this.#outbox = []
    if (this.#ended) return
    try {
      this.#send(requests)
    } catch {
      for (const request of requests) this.#sendAlone(request)
    }
  }

  #sendAlone(request: WireRequest): void {
    try {
      this.#send([request])
    } catch (cause) {
      const [id] = request
      this.#settle(id, this.#asked.get(id)!, { kind: 'unsent', cause })
    }
  }

  #send(requests: readonly WireRequest[]): void {
    this.#port.postMessage(requests)
    Atomics.add(this.#signals, Signal.posted, 1)
    Atomics.notify(this.#signals, Signal.posted)
  }

  #listen(): void {
    this.#port.on('message', this.#receive)
    this.#port.unref()
  }

  /** Takes all that has arrived, unless that takes so long that the event loop has to turn. */
  readonly #receive = (first: WireReply): void => {
    // A closed port still hands out what it has received.
    if (this.#ended) return
    const until = performance.now() + LONGEST_TURN
    this.#take(first)
    while (!this.#ended) {
      const received = receiveMessageOnPort(this.#port) as { message: WireReply } | undefined
      if (received === undefined) return
      this.#take(received.message)
      if (performance.now() > until) return this.#pause()
    }
  }

  /** A port hands out what has arrived without a turn of the event loop, as long as somebody listens. */
  #pause(): void {
    this.#port.off('message', this.#receive)
    setImmediate(() => {
      if (!this.#ended) this.#listen()
    })
  }

  #take(wire: WireReply): void {
    const { id, inTransaction, outcome } = unpackReply(wire)
    const asked = this.#asked.get(id)!
    asked.state.inTransaction = inTransaction
    if (outcome.kind === 'part') {
      unpackRows(outcome.rows, (asked.rows ??= []))
      return this.#countPart(asked)
    }
    if (outcome.kind !== 'rows') return this.#settle(id, asked, outcome)
    const { rows = [] } = asked
    unpackRows(outcome.rows, rows)
    this.#settle(id, asked, { kind: 'rows', rows, isAtEnd: outcome.isAtEnd })
  }

  #countPart(asked: Asked): void {
    asked.parts += 1
    if (asked.parts % PARTS_PER_SIGNAL !== 0) return
    Atomics.add(this.#signals, Signal.taken, PARTS_PER_SIGNAL)
    Atomics.notify(this.#signals, Signal.taken)
  }

  #settle(id: number, asked: Asked, answer: Answer): void {
    this.#asked.delete(id)
    asked.answer(answer)
    this.#onLoaded?.()
    this.#onLoaded = undefined
    if (this.#asked.size === 0) this.#becomeQuiet()
  }

  #becomeQuiet(): void {
    this.#worker.unref()
    for (const resolve of this.#onQuiet.splice(0)) resolve()
  }

  async #endIfEmpty(): Promise<void> {
    if (this.#isToEnd && this.#connections === 0)
      await this.terminate(new Error('the database was destroyed'))
  }

  #end(why: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#failure = why
    this.#port.close()
    for (const [id, asked] of this.#asked) this.#settle(id, asked, { kind: 'died', cause: why })
  }
}

/** As it was before somebody's test put a fake clock in its place, even where that is done before this package is loaded. */
const { nextTick } = process.getBuiltinModule('node:process')

/** Milliseconds. */
const LONGEST_TURN = 8
