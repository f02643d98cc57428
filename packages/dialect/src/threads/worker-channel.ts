import { performance } from 'node:perf_hooks'
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { microseconds, nextTick, setImmediate } from '../clock.ts'
import { AnswerWatch } from './answer-watch.ts'
import { type Printed, show } from './console-output.ts'
import { type PackedRows, unpackRows } from './packed-rows.ts'
import { type Command, type Outcome, PARTS_PER_SIGNAL, type RowsOutcome, Signal } from './protocol.ts'
import { SharedNumbers } from './shared-numbers.ts'
import { packRequest, unpackReply, type WireReply, type WireRequest } from './wire.ts'

/** What comes back for a command, or why nothing does. Its promise never rejects. */
export type Answer =
  | Outcome
  | RowsOutcome<unknown[]>
  | { readonly kind: 'died'; readonly cause: unknown }
  /** The thread was ended because the command took longer than `statementTimeout`. */
  | { readonly kind: 'overdue'; readonly milliseconds: number }
  /** The command cannot travel to another thread. */
  | { readonly kind: 'unsent'; readonly cause: unknown }

/** What the answers say of a connection. */
export interface ConnectionState {
  inTransaction: boolean
}

/** Who wants to know what becomes of a channel. */
export interface ChannelObserver {
  /** The first of several commands is on its way. */
  onBusy(): void
  /** The last one was answered. */
  onQuiet(): void
  /** What has arrived cannot be read. */
  onBroken(error: unknown): void
}

interface Asked {
  /** When, on the clock of `performance.now()`; Infinity for an opening, which waits for a new thread to load. */
  readonly at: number
  readonly state: ConnectionState
  readonly answer: (answer: Answer) => void
  /** Those that have arrived so far. */
  rows: unknown[] | undefined
  parts: number
}

/** The calling thread's end of the line to a worker: sends commands, and hands each answer to its caller. */
export class WorkerChannel {
  readonly #port: MessagePort
  readonly #signals: Int32Array<SharedArrayBuffer>
  readonly #numbers: SharedNumbers
  readonly #observer: ChannelObserver
  /** By the numbers of the requests. */
  readonly #asked: Map<number, Asked> = new Map()
  readonly #watch: AnswerWatch
  #outbox: WireRequest[] = []
  #ids = 0
  #isClosed = false
  #failure: unknown

  constructor(port: MessagePort, signals: SharedArrayBuffer, observer: ChannelObserver) {
    this.#port = port
    this.#signals = new Int32Array(signals)
    this.#numbers = new SharedNumbers(this.#signals)
    this.#observer = observer
    this.#watch = new AnswerWatch(this.#signals, () => this.#takeAnswer())
    port.on('messageerror', (error: unknown) => observer.onBroken(error))
    this.#listen()
  }

  /** Nothing is answered any more. */
  get closed(): boolean {
    return this.#isClosed
  }

  /** Something is asked that is not yet answered. */
  get busy(): boolean {
    return this.#asked.size > 0
  }

  /** The worker is at something long. */
  get isHeldUp(): boolean {
    const oldest = this.#asked.values().next().value
    return oldest !== undefined && performance.now() - oldest.at > LONG
  }

  /**
   * Requests of one tick travel together: they leave when the code that makes them has come to its end.
   *
   * @param state Is brought up to date when the answer arrives, which may be long before the caller looks at it.
   */
  ask(connection: number, command: Command, state: ConnectionState): Promise<Answer> {
    if (this.#isClosed) return Promise.resolve({ kind: 'died', cause: this.#failure })
    return new Promise((answer) => {
      this.#ids += 1
      if (this.#asked.size === 0) this.#observer.onBusy()
      this.#asked.set(this.#ids, {
        at: command.kind === 'open' ? Infinity : performance.now(),
        state,
        answer,
        rows: undefined,
        parts: 0,
      })
      if (this.#outbox.push(packRequest(this.#ids, connection, command)) === 1) nextTick(this.#post)
    })
  }

  /** Answers all that is asked. */
  close(why: unknown): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#failure = why
    this.#watch.end()
    this.#showRest()
    this.#port.close()
    for (const [id, asked] of this.#asked) this.#settle(id, asked, { kind: 'died', cause: why })
  }

  /** What the thread printed and nobody has taken yet: it may say why the thread ended. */
  #showRest(): void {
    for (let next = this.#received(); next !== undefined; next = this.#received())
      if (isPrinted(next.message)) show(next.message)
  }

  readonly #post = (): void => {
    const requests = this.#outbox
    this.#outbox = []
    if (this.#isClosed) return
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
      this.#watch.end()
      this.#settle(id, this.#asked.get(id)!, { kind: 'unsent', cause })
    }
  }

  #send(requests: readonly WireRequest[]): void {
    if (this.#asked.size === 1) this.#watch.begin()
    this.#port.postMessage(requests)
    Atomics.store(this.#signals, Signal.postedAt, microseconds())
    Atomics.add(this.#signals, Signal.posted, 1)
    Atomics.notify(this.#signals, Signal.posted)
  }

  #takeAnswer(): void {
    const next = this.#isClosed ? undefined : this.#received()
    if (next !== undefined) this.#receive(next.message)
  }

  #listen(): void {
    // It may be called twice behind a pause.
    this.#port.off('message', this.#receive)
    this.#port.on('message', this.#receive)
    this.#port.unref()
  }

  /** Takes all that has arrived, unless that takes so long that the event loop has to turn. */
  readonly #receive = (first: WireReply | Printed): void => {
    // A closed port still hands out what it has received.
    if (this.#isClosed) return
    this.#watch.end()
    const until = performance.now() + LONGEST_TURN
    this.#take(first)
    for (let next = this.#received(); next !== undefined; next = this.#received()) {
      this.#take(next.message)
      if (performance.now() > until) return this.#pause()
    }
  }

  #received(): { readonly message: WireReply | Printed } | undefined {
    try {
      return receiveMessageOnPort(this.#port)
    } catch (error) {
      this.#observer.onBroken(error)
      return undefined
    }
  }

  /** A port hands out what has arrived without a turn of the event loop, as long as it has a listener. */
  #pause(): void {
    this.#port.off('message', this.#receive)
    setImmediate(() => {
      if (!this.#isClosed) this.#listen()
    })
  }

  #take(wire: WireReply | Printed): void {
    if (isPrinted(wire)) return show(wire)
    const { id, inTransaction, outcome } = unpackReply(wire)
    const asked = this.#asked.get(id)!
    asked.state.inTransaction = inTransaction
    if (outcome.kind === 'part') {
      this.#unpack(outcome.rows, (asked.rows ??= []))
      return this.#countPart(asked)
    }
    if (outcome.kind !== 'rows') return this.#settle(id, asked, outcome)
    const { rows = [] } = asked
    this.#unpack(outcome.rows, rows)
    this.#settle(id, asked, { kind: 'rows', rows, isAtEnd: outcome.isAtEnd })
  }

  #unpack(packed: PackedRows, rows: unknown[]): void {
    unpackRows(packed, rows, this.#numbers.numbers)
    this.#numbers.noteTaken(packed)
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
    if (this.#asked.size === 0) this.#observer.onQuiet()
  }
}

function isPrinted(wire: WireReply | Printed): wire is Printed {
  return typeof wire[0] === 'string'
}

/** Milliseconds. */
const LONGEST_TURN = 8
const LONG = 2
