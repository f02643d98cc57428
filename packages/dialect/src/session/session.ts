import type { MaybePromise } from '@poolclass/pools'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import { sessionKeyword } from '../connection/first-keyword.ts'
import { StreamEndedError } from '../errors/session-errors.ts'
import { dueTurn } from '../waiting/event-loop-turn.ts'
import { AbortedResult, isOfAbort } from './aborted-result.ts'
import { retryIfBusy } from './busy-retry.ts'
import { type Abortable, Execution } from './execution.ts'
import { type OpenStream, openStream } from './open-stream.ts'

/**
 * What Kysely holds from `acquireConnection` to `releaseConnection`.
 *
 * It takes a connection from the pool with its first statement, not earlier. Only then does it know whether the statement
 * writes, and a write has to wait in the write queue before it may hold a connection. After that it keeps the connection, unless it
 * was acquired for one select.
 */
export class Session extends Execution implements DatabaseConnection {
  /** Keeps the session open after a transaction, because more statements may follow. */
  goOnBehindTransactions(): void {
    this.order.goesOn = true
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
    const signal = options?.signal ?? this.acquireSignal
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
      const explained = await this.explain(failure)
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
      const connection = await this.checkout.take(this.signal)
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

  async #inTurn<T>(run: () => MaybePromise<T>): Promise<T> {
    const turn = this.order.takeTurn(run)
    if (turn !== undefined) await turn
    let failure: unknown
    try {
      this.countStatement()
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
}
