import type { MaybePromise } from '@poolclass/pools'
import type { CompiledQuery, DatabaseConnection, QueryId, QueryResult } from 'kysely'
import { sessionKeyword } from '../connection/first-keyword.ts'
import type { Connection, StatementResult } from '../connection/connection.ts'
import type { Engine } from '../engine.ts'
import { StreamEndedError } from '../errors/session-errors.ts'
import { dueTurn } from '../waiting/event-loop-turn.ts'
import { AbortedResult, isOfAbort } from './aborted-result.ts'
import { retryIfBusy } from './busy-retry.ts'
import { Lease } from './lease.ts'
import { type OpenStream, openStream } from './open-stream.ts'
import type { TransactionCommand } from './transaction.ts'

/** What Kysely passes on if the caller gave an `AbortSignal`. */
export interface Abortable {
  readonly signal?: AbortSignal | undefined
}

/**
 * What Kysely holds from `acquireConnection` to `releaseConnection`.
 *
 * It takes a connection from the pool with its first statement, not earlier. Only then does it know whether the statement
 * writes, and a write has to wait in the write queue before it may hold a connection. After that it keeps the connection, unless it
 * was acquired for one select.
 */
export class Session extends Lease implements DatabaseConnection {
  readonly #signal: AbortSignal | undefined

  /** @param query The query that Kysely's executor acquires it for, if it does. */
  constructor(engine: Engine, signal?: AbortSignal, query?: QueryId) {
    super(engine, query)
    this.#signal = signal
  }

  /** Keeps the session open after a transaction, because more statements may follow. */
  goOnBehindTransactions(): void {
    this.order.goesOn = true
  }

  async executeQuery<R>(
    query: CompiledQuery,
    options?: Abortable & TransactionCommand,
  ): Promise<QueryResult<R>> {
    const turn = this.order.takeTurn(query)
    if (turn !== undefined) await turn
    const timed = this.engine.slowQueries?.begin(this.waits)
    let failure: unknown
    try {
      this.#countStatement()
      this.ran = query.queryId
      const { sql, parameters } = query
      this.sent?.throwIfLost(sql)
      const signal = options?.signal ?? this.#acquireSignal
      const keyword = sessionKeyword(sql)
      if (keyword !== undefined) {
        return (await this.ownSettings.run(keyword, query, signal, this.statements === 1)) as QueryResult<R>
      }
      const beginning = this.beginningOf(sql)
      // An unneeded promise costs as much as looking up the statement, so this makes none for a connection that is there already.
      const found = this.turnToWrite.connectionFor(sql, signal, options?.writes)
      const connection = found instanceof Promise ? await found : found
      const gate = this.engine.wal?.gate
      const passing = gate?.isShut === true ? this.turnToRead.passBefore(gate, sql, signal) : undefined
      if (passing !== undefined) await passing
      this.waits.throwIfEnded()
      // A statement cannot be cancelled before it has begun, and would then run to its end.
      signal?.throwIfAborted()
      const ending = options?.endsReading === true ? connection.stopReading() : undefined
      if (ending !== undefined) await ending
      let result: StatementResult
      try {
        const answer = connection.execute(sql, parameters, options?.signal !== undefined)
        result = answer instanceof Promise ? await answer : answer
      } catch (refusal) {
        result = await this.#retry(refusal, connection, query, options)
      }
      beginning?.begin()
      this.begun?.noteStatement(sql)
      this.turnToWrite.noteRead(sql, connection)
      return result as QueryResult<R>
    } catch (error) {
      failure = error
      const explained = await this.#explain(error)
      if (isOfAbort(error, options?.signal, this.isToEnd)) return new AbortedResult(options.signal)
      throw explained
    } finally {
      this.sent?.noteStatement()
      this.turnToWrite.statementDone(failure)
      timed?.end(query.sql, this.checkout.connection?.label, failure)
      this.order.endTurn()
      this.afterStatement(query)
      // At the end, because a wait before the statement would let later statements overtake it.
      const loopTurn = dueTurn()
      if (loopTurn !== undefined) await loopTurn
    }
  }

  /** A separate method, because a closure in `executeQuery` would cost time in every query, even without a retry. */
  #retry(
    refusal: unknown,
    connection: Connection,
    { sql, parameters }: CompiledQuery,
    options: Abortable | undefined,
  ): Promise<StatementResult> {
    const execute = (): MaybePromise<StatementResult> =>
      connection.execute(sql, parameters, options?.signal !== undefined)
    const signal = options?.signal ?? this.#acquireSignal
    return retryIfBusy(this.turnToWrite, refusal, { connection, sql }, execute, signal)
  }

  async *streamQuery<R>(
    query: CompiledQuery,
    chunkSize: number,
    options?: Abortable,
  ): AsyncIterableIterator<QueryResult<R>> {
    const { sql } = query
    if (sessionKeyword(sql) !== undefined) {
      yield await this.executeQuery<R>(query, options)
      return
    }
    const signal = options?.signal ?? this.#acquireSignal
    let aborted: AbortSignal | undefined
    let failed: unknown
    const timed = this.engine.slowQueries?.begin(this.waits)
    try {
      this.checkout.markTakenByStream(this.streamQuery)
      this.order.expectLate()
      const { first, chunks } = await this.#inTurn(() => this.#openStream(query, chunkSize, signal))
      try {
        let next = first
        while (next.done !== true) {
          signal?.throwIfAborted()
          timed?.pause()
          yield { rows: next.value as R[] }
          timed?.resume()
          next = await chunks.next()
          const turn = dueTurn()
          if (turn !== undefined) await turn
        }
      } finally {
        await chunks.return?.()
      }
    } catch (error) {
      const failure: unknown = signal?.aborted === true ? signal.reason : this.#streamFailure(error)
      failed = failure
      const explained = await this.#explain(failure)
      if (!isOfAbort(failure, options?.signal, this.isToEnd)) throw explained
      aborted = options.signal
    } finally {
      timed?.end(sql, this.checkout.connection?.label, failed)
    }
    if (aborted !== undefined) yield new AbortedResult(aborted)
  }

  /**
   * Takes a connection at once, and lends its handle until the release.
   *
   * @param from The place in the code is where this function was called.
   */
  lendHandle(from: (...args: never[]) => unknown): Promise<unknown> {
    return this.#inTurn(async () => {
      this.checkout.inside = 'dialect.withConnection()'
      this.checkout.markTaken(this.checkout.inside, from)
      const connection = await this.checkout.take(this.#signal)
      this.waits.throwIfEnded()
      const handle = connection.lendHandle()
      this.ownSettings.noteHandle()
      return handle
    })
  }

  /** Runs the user's code, which has the handle. */
  runInside<T>(use: () => T): T {
    return this.engine.nestedUse.run(this.checkout, use)
  }

  /** The signal of `acquireConnection` may end the wait for the connection, but not what is done with the connection later. */
  get #acquireSignal(): AbortSignal | undefined {
    return this.checkout.connected ? undefined : this.#signal
  }

  async #inTurn<T>(run: () => MaybePromise<T>): Promise<T> {
    const turn = this.order.takeTurn(run)
    if (turn !== undefined) await turn
    let failure: unknown
    try {
      this.#countStatement()
      return await run()
    } catch (error) {
      failure = error
      throw error
    } finally {
      this.turnToWrite.statementDone(failure)
      this.order.endTurn()
      await dueTurn()
    }
  }

  #countStatement(): void {
    this.waits.throwIfEnded()
    this.begun?.loss.throwIfLost()
    this.statements += 1
    if (this.statements === 1 && this.engine.notesPlaces) this.notePlace('a query')
    if (this.statements !== 2) return
    this.notePlace('a session of several statements')
    this.settings?.keepToSession()
  }

  async #openStream(
    query: CompiledQuery,
    chunkSize: number,
    signal: AbortSignal | undefined,
  ): Promise<OpenStream> {
    const { sql } = query
    this.sent?.throwIfLost(sql)
    const { wal } = this.engine
    wal?.look()
    const passing = wal?.gate.isShut === true ? this.turnToRead.pass(wal.gate, signal) : undefined
    if (passing !== undefined) await passing
    const connection = await this.turnToWrite.connectionFor(sql, signal)
    const open = async (): Promise<OpenStream> => {
      this.waits.throwIfEnded()
      try {
        return await openStream(connection, query, chunkSize, this.engine.writes, signal)
      } finally {
        this.waits.throwIfEnded()
      }
    }
    let stream: OpenStream
    try {
      stream = await open()
    } catch (refusal) {
      stream = await retryIfBusy(this.turnToWrite, refusal, { connection, sql }, open, signal)
    }
    this.turnToWrite.noteRead(sql, connection)
    return stream
  }

  /** A stream that ends with its transaction does not know why the transaction ended. */
  #streamFailure(error: unknown): unknown {
    if (!(error instanceof StreamEndedError)) return error
    return this.begun?.loss.overdueError ?? this.sent?.lostError ?? error
  }

  /** Notes whether the error has ended the transaction, and adds what its user needs to know. */
  async #explain(error: unknown): Promise<unknown> {
    this.begun?.noteFailure(error)
    return await this.engine.explain(error, this.checkout.connection)
  }
}
