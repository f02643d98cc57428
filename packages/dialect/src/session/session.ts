import type { MaybePromise } from '@poolclass/pools'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import { sessionKeyword, type SessionKeyword } from '../connection/first-keyword.ts'
import type { Connection, StatementResult } from '../connection/connection.ts'
import type { Engine } from '../engine.ts'
import { ReleasedError } from '../errors.ts'
import { altersConnection, type SessionChanges } from '../settings/session-settings.ts'
import { runSessionStatement } from '../settings/session-statement.ts'
import { dueTurn } from '../waiting/event-loop-turn.ts'
import { abortedResult } from './aborted-result.ts'
import { Checkout } from './checkout.ts'
import { Transaction } from './transaction.ts'
import { TurnToWrite } from './turn-to-write.ts'
import { Waits } from './waits.ts'

/** What Kysely hands on where the caller gave an `AbortSignal`. */
export interface Abortable {
  readonly signal?: AbortSignal | undefined
}

interface StatementOptions extends Abortable {
  /** Whether it writes, where that is known without asking SQLite. */
  readonly writes?: boolean
}

/**
 * What Kysely holds from `acquireConnection` to `releaseConnection`.
 *
 * It takes a connection from the pool with its first statement, not before: only then is it known whether this is
 * a write, which has to wait in line before it may hold a connection. From then on it keeps the connection.
 */
export class Session implements DatabaseConnection {
  readonly #engine: Engine
  readonly #waits: Waits
  readonly #checkout: Checkout
  readonly #turnToWrite: TurnToWrite
  readonly #signal: AbortSignal | undefined
  #transaction: Transaction | undefined
  #statements = 0
  /** What a session statement has changed, for the whole database if it stays alone in its session. */
  #changes: SessionChanges | undefined
  /** The connection has settings of its own now, which no other user of the pool expects. */
  #altered = false
  /** What runs was told to end by one of Kysely's strategies for aborted queries. */
  #isToEnd = false
  #isRunning = false
  #waiting: Pick<PromiseWithResolvers<void>, 'resolve' | 'reject'>[] | undefined

  constructor(engine: Engine, signal?: AbortSignal) {
    this.#engine = engine
    this.#waits = new Waits(engine)
    this.#checkout = new Checkout(engine, this.#waits)
    this.#turnToWrite = new TurnToWrite(engine, this.#checkout, this.#waits)
    this.#signal = signal
  }

  get transaction(): Transaction {
    return (this.#transaction ??= new Transaction(this.#engine, this, this.#checkout))
  }

  async executeQuery<R>(query: CompiledQuery, options?: StatementOptions): Promise<QueryResult<R>> {
    if (this.#isRunning) await this.#turn()
    this.#isRunning = true
    let failure: unknown
    try {
      this.#countStatement()
      const { sql, parameters } = query
      const signal = options?.signal ?? this.#acquireSignal
      const keyword = sessionKeyword(sql)
      if (keyword !== undefined) {
        return (await this.#runSessionStatement(keyword, sql, parameters, signal)) as QueryResult<R>
      }
      // A promise that nobody needs costs as much as the look-up of the statement: none is made for what is there.
      const found = this.#turnToWrite.connectionFor(sql, signal, options?.writes)
      const connection = found instanceof Promise ? await found : found
      this.#waits.throwIfEnded()
      // What is not yet begun cannot be cancelled, and would run to its end.
      signal?.throwIfAborted()
      try {
        const result = connection.execute(sql, parameters, options?.signal !== undefined)
        return (result instanceof Promise ? await result : result) as QueryResult<R>
      } catch (refusal) {
        return (await this.#retry(refusal, connection, query, options)) as QueryResult<R>
      }
    } catch (error) {
      failure = error
      const explained = await this.#explain(error)
      if (this.#isOfAbort(error, options?.signal)) return abortedResult(options.signal)
      throw explained
    } finally {
      this.#turnToWrite.statementDone(failure)
      this.#endTurn()
      // Only now: who asked first is not to be overtaken.
      const turn = dueTurn()
      if (turn !== undefined) await turn
    }
  }

  /** A closure for it within `executeQuery` would cost every query that needs none. */
  #retry(
    refusal: unknown,
    connection: Connection,
    { sql, parameters }: CompiledQuery,
    options: Abortable | undefined,
  ): Promise<StatementResult> {
    const execute = (): MaybePromise<StatementResult> =>
      connection.execute(sql, parameters, options?.signal !== undefined)
    const signal = options?.signal ?? this.#acquireSignal
    return this.#turnToWrite.retry(refusal, { connection, sql }, execute, signal)
  }

  async *streamQuery<R>(
    query: CompiledQuery,
    chunkSize: number,
    options?: Abortable,
  ): AsyncIterableIterator<QueryResult<R>> {
    const { sql, parameters } = query
    if (sessionKeyword(sql) !== undefined) {
      yield await this.executeQuery<R>(query, options)
      return
    }
    const signal = options?.signal ?? this.#acquireSignal
    let failure: unknown
    let aborted: AbortSignal | undefined
    try {
      this.#checkout.markTaken('a stream', this.streamQuery)
      let chunks: AsyncIterableIterator<unknown[]> | undefined
      try {
        let next = await this.#inTurn(async () => {
          const connection = await this.#turnToWrite.connectionFor(sql, signal)
          const start = (): Promise<IteratorResult<unknown[], unknown>> => {
            this.#waits.throwIfEnded()
            chunks = connection.stream(sql, parameters, chunkSize, signal)
            return chunks.next()
          }
          try {
            return await start()
          } catch (refusal) {
            return await this.#turnToWrite.retry(refusal, { connection, sql }, start, signal)
          }
        })
        while (next.done !== true) {
          signal?.throwIfAborted()
          yield { rows: next.value as R[] }
          next = await chunks!.next()
          const turn = dueTurn()
          if (turn !== undefined) await turn
        }
      } finally {
        await chunks?.return?.()
      }
    } catch (error) {
      failure = signal?.aborted === true ? signal.reason : error
      const explained = await this.#explain(failure)
      if (!this.#isOfAbort(failure, options?.signal)) throw explained
      aborted = options.signal
    } finally {
      this.#turnToWrite.statementDone(failure)
    }
    if (aborted !== undefined) yield abortedResult(aborted)
  }

  /** Waits for locks end with the signal. A statement in another thread ends between two rows, one in this thread has ended. */
  async cancelQuery(): Promise<void> {
    this.#isToEnd = true
    this.#checkout.connection?.cancel()
  }

  /** Gives the connection up, with the thread that it lives in. One in this thread is not used again by a pool of several. */
  async killSession(): Promise<void> {
    this.#isToEnd = true
    this.#altered = true
    this.#checkout.connection?.kill()
  }

  /**
   * Gives back what the session holds. What SQLite carries out is awaited; what has not begun is refused at once. A second
   * release does nothing.
   */
  release(): Promise<void> {
    if (this.#waits.ended) return DONE
    this.#waits.end()
    return this.#isRunning ? this.#releaseInTurn() : this.#release()
  }

  /** Ends what was left open, and gives back the connection and the turn to write. */
  async giveBack(): Promise<void> {
    this.#recordChanges()
    let discard = this.#altered && this.#engine.pool.capacity > 1 ? ALTERED : undefined
    try {
      await this.#transaction?.abandon()
    } catch (error) {
      discard = { because: error }
    }
    try {
      await this.#checkout.giveBack(discard)
    } finally {
      this.#turnToWrite.leave()
    }
  }

  #release(): Promise<void> {
    const hasMore =
      this.#altered ||
      this.#changes !== undefined ||
      this.#transaction?.isOpen === true ||
      this.#turnToWrite.isTaken
    return hasMore ? this.giveBack() : this.#checkout.giveBack()
  }

  async #releaseInTurn(): Promise<void> {
    for (const { reject } of this.#waiting?.splice(0) ?? []) reject(new ReleasedError())
    // A connection that is still being opened goes back to the pool when it comes.
    if (this.#checkout.connected) await this.#nextTurn()
    await this.#release()
  }

  /** The signal of `acquireConnection` may end the wait for the connection, not what is done with it later. */
  get #acquireSignal(): AbortSignal | undefined {
    return this.#checkout.connected ? undefined : this.#signal
  }

  /** Kysely sends one statement after the other; who sends several at once has them run so. */
  #turn(): Promise<void> {
    return this.#waits.ended ? Promise.reject(new ReleasedError()) : this.#nextTurn()
  }

  #nextTurn(): Promise<void> {
    return new Promise((resolve, reject) => (this.#waiting ??= []).push({ resolve, reject }))
  }

  async #inTurn<T>(run: () => MaybePromise<T>): Promise<T> {
    if (this.#isRunning) await this.#turn()
    this.#isRunning = true
    try {
      this.#countStatement()
      return await run()
    } finally {
      this.#endTurn()
      await dueTurn()
    }
  }

  #endTurn(): void {
    const next = this.#waiting?.shift()
    if (next === undefined) this.#isRunning = false
    else next.resolve()
  }

  /** The caller has its abort, and the failure is nothing but that. */
  #isOfAbort(failure: unknown, signal: AbortSignal | undefined): signal is AbortSignal {
    return signal?.aborted === true && (this.#isToEnd || failure === signal.reason)
  }

  #countStatement(): void {
    this.#waits.throwIfEnded()
    this.#transaction?.throwIfLost()
    this.#statements += 1
    if (this.#statements !== 2) return
    if (this.#checkout.takenAt === undefined) {
      this.#checkout.markTaken('a session of several statements', this.executeQuery)
    }
    if (this.#changes === undefined) return
    this.#altered = altersConnection(this.#changes)
    this.#changes = undefined
  }

  async #runSessionStatement(
    keyword: SessionKeyword,
    sql: string,
    parameters: readonly unknown[],
    signal: AbortSignal | undefined,
  ): Promise<StatementResult> {
    const connection = await this.#checkout.take(signal)
    this.#waits.throwIfEnded()
    this.#turnToWrite.noteRead(sql, connection)
    const { database, pool, config } = this.#engine
    const { result, changes } = await runSessionStatement(keyword, connection, sql, parameters, {
      shared: this.#statements === 1 && pool.capacity > 1,
      onMemdb: config.location.kind === 'shared-memory',
      readsUris: database.readsUris,
      busyTimeout: this.#waits.busyTimeout,
      whileBusy: (attempt, statement) => this.#turnToWrite.attempt(attempt, signal, statement),
      ...(pool.capacity > 1 && { closeIdle: () => pool.dispose() }),
      discard: () => {
        this.#altered = true
      },
    })
    if (changes === undefined) return result
    if (changes.busyTimeout !== undefined) this.#waits.busyTimeout = changes.busyTimeout
    if (this.#statements === 1) this.#changes = changes
    else if (altersConnection(changes)) this.#altered = true
    return result
  }

  /** Notes whether the error has ended the transaction, and adds what its user needs to know. */
  async #explain(error: unknown): Promise<unknown> {
    this.#transaction?.noteFailure(error)
    return await this.#engine.explain(error, this.#checkout.connection)
  }

  #recordChanges(): void {
    const { settings, stopped } = this.#engine
    const { connection } = this.#checkout
    const changes = this.#changes
    this.#changes = undefined
    if (changes !== undefined && connection !== undefined && !stopped) settings.record(changes, connection)
  }
}

const DONE = Promise.resolve()
const ALTERED: { readonly because: unknown } = { because: 'its settings were changed for one session' }
