import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads'
import { unpackRows } from './packed-rows.ts'
import {
  type FinalReply,
  type Outcome,
  PARTS_PER_SIGNAL,
  type PartialReply,
  type Reply,
  type Request,
  Signal,
} from './protocol.ts'
import { startWorker } from './start-worker.ts'

/** What comes back for a request: its reply with the rows unpacked, or why there is none. It never rejects. */
export type Answer =
  | readonly [inTransaction: boolean, ...outcome: Exclude<Outcome, readonly ['rows' | 'part', ...unknown[]]>]
  | readonly [inTransaction: boolean, 'rows', rows: unknown[], isAtEnd: boolean]
  | readonly [inTransaction: false, 'died', cause: unknown]

/** An answer that is no error. */
export type Result = Exclude<Answer, readonly [boolean, 'error' | 'died', ...unknown[]]>

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
export class HostingThread {
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #signals: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(Signal.bytes))
  /** In the order of the requests, which is that of the replies. */
  readonly #asked: Asked[] = []
  #outbox: Request[] = []
  #connections = 0
  #numbers = 0
  #failure: unknown
  #isToEnd: boolean
  #ended = false

  /**
   * @param creator The URL of the module that opens the handles; absent where this package does.
   * @param isToEnd It ends with its last connection.
   */
  constructor(name: string, creator: string | undefined, isToEnd: boolean) {
    this.#isToEnd = isToEnd
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    this.#worker = startWorker(name, { port: port2, signals: this.#signals.buffer, creator })
    this.#worker.unref()
    this.#worker.on('error', (error: unknown) => {
      this.#failure = error
    })
    this.#worker.on('exit', (code) => this.#end(this.#failure ?? new Error(`it exited with code ${code}`)))
    this.#port.on('messageerror', (error: unknown) => void this.terminate(error))
    this.#port.on('message', (replies: readonly Reply[]) => this.#receive(replies))
    this.#port.unref()
  }

  /** It hosts nothing any more. */
  get ended(): boolean {
    return this.#ended
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

  /** Ends the thread as soon as no connection lives in it. */
  async endWhenEmpty(): Promise<void> {
    this.#isToEnd = true
    await this.#endIfEmpty()
  }

  /**
   * Requests of one tick travel together: they leave when the code that makes them has come to its end.
   *
   * @param state Is brought up to date when the answer arrives, which may be long before somebody looks at it.
   */
  ask(request: Request, state: ConnectionState): Promise<Answer> {
    if (this.#ended) return Promise.resolve([false, 'died', this.#failure])
    return new Promise((answer) => {
      if (this.#asked.push({ state, answer, rows: undefined, parts: 0 }) === 1) this.#worker.ref()
      if (this.#outbox.push(request) === 1) process.nextTick(this.#post)
    })
  }

  /**
   * Ends the thread, whatever it does. What was asked is answered at once; a statement that SQLite runs still ends by
   * itself. Nobody may call it before the first answer: a thread that ends while it loads better-sqlite3's addon takes the
   * process along (13.2.0).
   */
  async terminate(why: unknown): Promise<void> {
    this.#end(why)
    await this.#worker.terminate()
  }

  readonly #post = (): void => {
    const requests = this.#outbox
    this.#outbox = []
    if (this.#ended) return
    this.#port.postMessage(requests)
    Atomics.add(this.#signals, Signal.posted, 1)
    Atomics.notify(this.#signals, Signal.posted)
  }

  #receive(replies: readonly Reply[]): void {
    // A closed port still hands out what it has received.
    if (this.#ended) return
    for (const reply of replies) {
      if (reply[1] === 'part') this.#takePart(reply)
      else this.#answer(reply)
    }
    if (this.#asked.length === 0) this.#worker.unref()
  }

  #takePart([, , packed]: PartialReply): void {
    const asked = this.#asked[0]!
    unpackRows(packed, (asked.rows ??= []))
    asked.parts += 1
    if (asked.parts % PARTS_PER_SIGNAL !== 0) return
    Atomics.add(this.#signals, Signal.taken, PARTS_PER_SIGNAL)
    Atomics.notify(this.#signals, Signal.taken)
  }

  #answer(reply: FinalReply): void {
    const { state, answer, rows = [] } = this.#asked.shift()!
    state.inTransaction = reply[0]
    if (reply[1] !== 'rows') return answer(reply)
    unpackRows(reply[2], rows)
    answer([reply[0], 'rows', rows, reply[3]])
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
    for (const { answer } of this.#asked.splice(0)) answer([false, 'died', why])
  }
}
