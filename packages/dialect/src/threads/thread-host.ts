import { setImmediate } from 'node:timers/promises'
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { DatabaseCreator } from '../config/database-creator.ts'
import type { StatementResult } from '../connection/connection.ts'
import { interrupted, type LocalConnection, type LocalReader } from '../connection/local-connection.ts'
import { type Opening, openLocalConnection } from '../connection/opening.ts'
import { SqlTextCache } from '../connection/sql-text-cache.ts'
import { packError } from './packed-error.ts'
import { packRows } from './packed-rows.ts'
import { type Command, type Outcome, PARTS_PER_SIGNAL, type Reply, type Request, Signal } from './protocol.ts'
import { Sleeper } from './sleeper.ts'

/** A connection of this thread, as the calling thread knows it. */
interface HostedConnection {
  readonly connection: LocalConnection
  readonly readers: Map<number, LocalReader>
  /** Whether what runs on the connection is to end. */
  readonly isCancelled: () => boolean
}

/**
 * The hosting thread's side: carries out requests one by one and sleeps in between.
 *
 * It does not wait for the port in an event loop. Waiting for shared memory to change and then asking the port is quicker,
 * and nothing in SQLite is asynchronous. But Node.js frees the native memory of collected statements only when the loop turns.
 */
export class ThreadHost {
  readonly #port: MessagePort
  readonly #signals: Int32Array<SharedArrayBuffer>
  readonly #sleeper: Sleeper
  readonly #creator: () => DatabaseCreator | undefined
  readonly #runsUserCode: boolean
  readonly #connections: Map<number, HostedConnection> = new Map()
  /** Whether an SQL text took little time when it last ran. */
  readonly #isQuick: SqlTextCache<boolean> = new SqlTextCache(REMEMBERED_TEXTS)
  #replies: Reply[] = []

  /**
   * @param creator Gives the creator of the config, or throws what its module has thrown.
   * @param runsUserCode There is such a module.
   */
  constructor(
    port: MessagePort,
    signals: Int32Array<SharedArrayBuffer>,
    creator: () => DatabaseCreator | undefined,
    runsUserCode: boolean,
  ) {
    this.#port = port
    this.#signals = signals
    this.#sleeper = new Sleeper(signals, Signal.posted)
    this.#creator = creator
    this.#runsUserCode = runsUserCode
  }

  /** Serves until the thread is terminated. */
  async serve(): Promise<never> {
    for (let served = 0; ;) {
      const seen = Atomics.load(this.#signals, Signal.posted)
      const received = receiveMessageOnPort(this.#port) as { message: readonly Request[] } | undefined
      if (received === undefined) {
        this.#sleeper.sleepWhile(seen)
        continue
      }
      for (const [number, ...command] of received.message) this.#carryOut(number, command)
      this.#sendReplies()
      served += received.message.length
      if (served < REQUESTS_PER_TURN) continue
      served = 0
      await setImmediate()
    }
  }

  #carryOut(number: number, command: Command): void {
    let outcome: Outcome
    try {
      outcome = this.#outcomeOf(number, command)
    } catch (error) {
      outcome = ['error', packError(error, this.#runsUserCode)]
    }
    this.#replies.push([this.#isInTransaction(number), ...outcome])
    if (isLarge(outcome) || this.#replies.length === REPLIES_AT_ONCE) this.#sendReplies()
  }

  #outcomeOf(number: number, command: Command): Outcome {
    if (command[0] === 'open') {
      const [, opening, label, cancelled] = command
      this.#connections.set(number, this.#open(opening, label, cancelled))
      return DONE
    }
    const hosted = this.#connections.get(number)
    if (hosted === undefined) throw new Error(`bug: connection ${number} is not open in this thread`)
    const { connection, readers } = hosted
    switch (command[0]) {
      case 'inspect': {
        const { readonly, reader } = connection.inspect(command[1])
        return ['kind', { readonly, reader }]
      }
      case 'execute':
        return this.#execute(hosted, command[1], command[2], command[3])
      case 'stream': {
        const [, sql, parameters, reader, cancelled] = command
        readers.set(reader, connection.openReader(sql, parameters, isSet(cancelled)))
        return DONE
      }
      case 'read': {
        const [, reader, chunkSize, chunks] = command
        return this.#read(hosted, reader, chunkSize, chunks)
      }
      case 'end':
        endReading(readers, command[1])
        return DONE
      case 'close':
        this.#connections.delete(number)
        connection.close()
        return DONE
    }
  }

  #open(opening: Opening, label: string, cancelled: SharedArrayBuffer): HostedConnection {
    const connection = openLocalConnection(opening, label, this.#creator())
    return { connection, readers: new Map(), isCancelled: isSet(cancelled) }
  }

  #isInTransaction(number: number): boolean {
    return this.#connections.get(number)?.connection.inTransaction === true
  }

  #execute(
    hosted: HostedConnection,
    sql: string,
    parameters: readonly unknown[],
    cancellable: boolean,
  ): Outcome {
    const { connection } = hosted
    if (cancellable && hosted.isCancelled()) throw interrupted()
    const wasQuick = this.#isQuick.get(sql)
    if (wasQuick !== true) this.#sendReplies()
    const start = performance.now()
    const result = cancellable ? cancellably(hosted, sql, parameters) : connection.execute(sql, parameters)
    const isQuick = performance.now() - start < QUICK
    if (isQuick !== wasQuick) this.#isQuick.set(sql, isQuick)
    if (result.insertId === undefined) return this.#rows(connection, result.rows, true)
    return ['run', Number(result.numAffectedRows), result.insertId]
  }

  /** Reads in the user's chunks, so that an error comes after the same rows as from a connection in the user's own thread. */
  #read(
    { connection, readers }: HostedConnection,
    number: number,
    chunkSize: number,
    chunks: number,
  ): Outcome {
    const reader = readers.get(number)
    if (reader === undefined) return ['rows', packRows([]), true]
    const rows: unknown[][] = []
    const until = performance.now() + BLOCK_TIME
    for (let n = 0; n < chunks && !reader.isAtEnd; n += 1) {
      if (n > 0 && performance.now() > until) break
      try {
        rows.push(reader.read(chunkSize))
      } catch (error) {
        if (rows.length === 0) throw error
        break
      }
    }
    if (reader.isAtEnd) endReading(readers, number)
    return this.#rows(connection, rows.length === 1 ? rows[0]! : rows.flat(), reader.isAtEnd)
  }

  /** Sends all rows but the last ones ahead: the calling thread unpacks some while this one packs the next. */
  #rows(connection: LocalConnection, rows: readonly unknown[], isAtEnd: boolean): Outcome {
    if (rows.length <= PART) return ['rows', packRows(rows), isAtEnd]
    this.#sendReplies()
    const before = Atomics.load(this.#signals, Signal.taken)
    let start = 0
    for (let sent = 0; start + PART < rows.length; start += PART, sent += 1) {
      if (sent % PARTS_PER_SIGNAL === 0) this.#awaitTaken(before, sent - PARTS_AHEAD)
      const part: Reply = [connection.inTransaction, 'part', packRows(rows.slice(start, start + PART))]
      this.#port.postMessage([part])
    }
    return ['rows', packRows(rows.slice(start)), isAtEnd]
  }

  /** Waits until the calling thread has taken `count` parts more than `before`, counted modulo 2^32. */
  #awaitTaken(before: number, count: number): void {
    for (;;) {
      const taken = Atomics.load(this.#signals, Signal.taken)
      if (((taken - before) | 0) >= count) return
      Atomics.wait(this.#signals, Signal.taken, taken)
    }
  }

  #sendReplies(): void {
    if (this.#replies.length === 0) return
    this.#port.postMessage(this.#replies)
    this.#replies = []
  }
}

/** Looks between the rows whether it is to end. A statement that writes has done so before its first row. */
function cancellably(
  { connection, isCancelled }: HostedConnection,
  sql: string,
  parameters: readonly unknown[],
): StatementResult {
  const { reader, readonly } = connection.inspect(sql)
  if (!reader || !readonly) return connection.execute(sql, parameters)
  const rows = connection.openReader(sql, parameters, isCancelled)
  try {
    return { rows: rows.read(Infinity) }
  } finally {
    rows.close()
  }
}

/** The calling thread unpacks it while this one goes on. */
function isLarge(outcome: Outcome): boolean {
  return outcome[0] === 'rows' && outcome[1].length > 2
}

function endReading(readers: Map<number, LocalReader>, reader: number): void {
  readers.get(reader)?.close()
  readers.delete(reader)
}

function isSet(word: SharedArrayBuffer): () => boolean {
  const words = new Int32Array(word)
  return () => Atomics.load(words, 0) !== 0
}

const DONE: Outcome = ['done']

const REQUESTS_PER_TURN = 500

/** More would let the calling thread wait while this one works. */
const REPLIES_AT_ONCE = 8

/** How many rows travel at once. */
const PART = 1000

/** How many parts of a result may be on their way, in whole signals. */
const PARTS_AHEAD = 3 * PARTS_PER_SIGNAL

/** Milliseconds. Rows that take longer to read are large: they come one chunk at a time. */
const BLOCK_TIME = 2

/** Milliseconds. What is done is not kept waiting for a statement that may take longer. */
const QUICK = 1

const REMEMBERED_TEXTS = 2000
