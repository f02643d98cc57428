import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { turn } from '../clock.ts'
import type { MaybePromise } from '@poolclass/pools'
import type { LocalConnection } from '../drivers/local/local-connection.ts'
import type { Opening } from '../drivers/local/opening.ts'
import { HostedConnection } from './hosted-connection.ts'
import { endLoading } from './exit-while-loading.ts'
import { packError } from './packed-error.ts'
import { areUniform, asTheyAre, type PackedRows, packRows } from './packed-rows.ts'
import {
  type Command,
  type CommandOf,
  type Outcome,
  PARTS_PER_SIGNAL,
  type Reply,
  type Request,
  type RowsOutcome,
  Signal,
  VALUES_PER_PART,
} from './protocol.ts'
import { SharedNumbers } from './shared-numbers.ts'
import { Sleeper } from './sleeper.ts'
import { packReply, unpackRequest, type WireRequest } from './wire.ts'

/** Opens a connection in this thread, or throws what the creator's module has thrown. */
export type Opener = (opening: Opening, label: string) => LocalConnection

/**
 * The worker's side: carries out requests one by one, answers each when it is done, and sleeps in between.
 *
 * It does not wait for the port in an event loop. Waiting for shared memory to change and then asking the port is quicker,
 * and nothing in SQLite is asynchronous. But Node.js frees the native memory of collected statements only when the loop turns.
 */
export class WorkerServer {
  readonly #port: MessagePort
  readonly #signals: Int32Array<SharedArrayBuffer>
  readonly #sleeper: Sleeper
  readonly #numbers: SharedNumbers
  readonly #opener: Opener
  readonly #runsUserCode: boolean
  readonly #connections: Map<number, HostedConnection> = new Map()

  /**
   * @param runsUserCode A module of the user's opens the handles.
   */
  constructor(
    port: MessagePort,
    signals: Int32Array<SharedArrayBuffer>,
    opener: Opener,
    runsUserCode: boolean,
  ) {
    this.#port = port
    this.#signals = signals
    this.#sleeper = new Sleeper(signals)
    this.#numbers = new SharedNumbers(signals)
    this.#opener = opener
    this.#runsUserCode = runsUserCode
  }

  /** Serves until the thread is terminated. */
  async serve(): Promise<never> {
    for (let served = 0; ;) {
      const seen = Atomics.load(this.#signals, Signal.posted)
      const received = receiveMessageOnPort(this.#port) as { message: readonly WireRequest[] } | undefined
      if (received === undefined) {
        this.#sleeper.sleepWhile(seen)
        continue
      }
      for (const wire of received.message) {
        const request = unpackRequest(wire)
        const found = this.#outcomeOf(request)
        const outcome = found instanceof Promise ? await found : found
        this.#reply(request, outcome)
      }
      served += received.message.length
      if (served < REQUESTS_PER_TURN) continue
      served = 0
      await turn()
    }
  }

  #outcomeOf({ connection, command }: Request): MaybePromise<Outcome | RowsOutcome<unknown[]>> {
    try {
      const outcome = this.#carryOut(connection, command)
      return outcome instanceof Promise ? outcome.catch((error) => this.#failure(error)) : outcome
    } catch (error) {
      return this.#failure(error)
    }
  }

  #failure(error: unknown): Outcome {
    return { kind: 'error', error: packError(error, this.#runsUserCode) }
  }

  #carryOut(number: number, command: Command): MaybePromise<Outcome | RowsOutcome<unknown[]>> {
    if (command.kind === 'open') return this.#open(number, command)
    const connection = this.#connections.get(number)
    if (connection === undefined) throw new Error(`bug: connection ${number} is not open in this thread`)
    if (command.kind === 'close') this.#connections.delete(number)
    return connection.carryOut(command)
  }

  #open(number: number, { opening, label, cancelled }: CommandOf<'open'>): Outcome {
    try {
      const connection = this.#opener(opening, label)
      this.#connections.set(number, new HostedConnection(connection, cancelled))
      return { kind: 'done' }
    } finally {
      endLoading(this.#signals)
    }
  }

  /** What cannot travel, such as more rows than fit into memory, is told: the next request is not answered instead. */
  #reply({ id, connection }: Request, outcome: Outcome | RowsOutcome<unknown[]>): void {
    const inTransaction = this.#connections.get(connection)?.inTransaction === true
    try {
      if (outcome.kind === 'rows') this.#sendRows(id, inTransaction, outcome)
      else this.#send({ id, inTransaction, outcome })
    } catch (error) {
      const refusal = new RangeError(`The rows cannot be sent to the calling thread: ${String(error)}`)
      this.#send({ id, inTransaction, outcome: { kind: 'error', error: packError(refusal, false) } })
    }
  }

  /** Sends all rows but the last ones ahead: the calling thread unpacks some while this one packs the next. */
  #sendRows(id: number, inTransaction: boolean, { rows, isAtEnd }: RowsOutcome<unknown[]>): void {
    const size = partSize(rows)
    const before = Atomics.load(this.#signals, Signal.taken)
    let start = 0
    for (let sent = 0; start + size < rows.length; start += size, sent += 1) {
      if (sent % PARTS_PER_SIGNAL === 0) this.#awaitTaken(before, sent - PARTS_AHEAD)
      const part = this.#pack(rows.slice(start, start + size))
      this.#send({ id, inTransaction, outcome: { kind: 'part', rows: part } })
      this.#numbers.notePosted(part)
    }
    const last = this.#pack(start === 0 ? rows : rows.slice(start))
    this.#send({ id, inTransaction, outcome: { kind: 'rows', rows: last, isAtEnd } })
    this.#numbers.notePosted(last)
  }

  #pack(rows: readonly unknown[]): PackedRows {
    return this.#runsUserCode && !areUniform(rows) ? asTheyAre(rows) : packRows(rows, this.#numbers.room)
  }

  /** Waits until the calling thread has taken `count` parts more than `before`, counted modulo 2^32. */
  #awaitTaken(before: number, count: number): void {
    for (;;) {
      const taken = Atomics.load(this.#signals, Signal.taken)
      if (((taken - before) | 0) >= count) return
      Atomics.wait(this.#signals, Signal.taken, taken)
    }
  }

  #send(reply: Reply): void {
    this.#port.postMessage(packReply(reply))
    Atomics.add(this.#signals, Signal.answered, 1)
  }
}

/** How many rows travel at once: the calling thread turns its event loop between two parts. */
function partSize(rows: readonly unknown[]): number {
  if (rows.length <= FEW_ROWS) return rows.length
  return Math.max(1, Math.floor(VALUES_PER_PART / Object.keys(rows[0] as object).length))
}

const REQUESTS_PER_TURN = 500

/** They travel together, however many columns they have: SQLite allows 2,000. */
const FEW_ROWS = 20

/** How many parts of a result may be on their way, in whole signals. */
const PARTS_AHEAD = 3 * PARTS_PER_SIGNAL
