import type { MaybePromise } from '@poolclass/pools'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import { sessionKeyword, type SessionKeyword } from '../connection/first-keyword.ts'
import type { Connection, StatementResult } from '../connection/connection.ts'
import type { Engine } from '../engine.ts'
import { ReleasedError, TransactionLostError } from '../errors.ts'
import { abortedResult } from './aborted-result.ts'
import { Access } from './access.ts'
import { dueTurn } from '../waiting/event-loop-turn.ts'
import { altersConnection, type SessionChanges } from '../settings/session-settings.ts'
import { runSessionStatement } from '../settings/session-statement.ts'

/** What Kysely hands on where the caller gave an `AbortSignal`. */
export interface Abortable {
  readonly signal?: AbortSignal | undefined
}

/**
 * What Kysely holds from `acquireConnection` to `releaseConnection`.
 *
 * It takes a connection from the pool with its first statement, not before: only then is it known whether this is
 * a write, which has to wait in line before it may hold a connection. From then on it keeps the connection.
 */
export class Session implements DatabaseConnection {
  readonly #engine: Engine
  readonly #access: Access
  readonly #signal: AbortSignal | undefined
  #statements = 0
  /** What a session statement has changed, for the whole database if it stays alone in its session. */
  #changes: SessionChanges | undefined
  /** The connection has settings of its own now, which no other user of the pool expects. */
  #altered = false
  /** The value that `query_only` had before a read-only transaction set it. */
  #queryOnlyBefore: unknown
  /** Kysely has begun a transaction on it. */
  #transaction = false
  /** Why SQLite has rolled that transaction back on its own. */
  #lost: unknown
  #released = false
  /** What runs was told to end by one of Kysely's strategies for aborted queries. */
  #isToEnd = false
  #isRunning = false
  #waiting: Pick<PromiseWithResolvers<void>, 'resolve' | 'reject'>[] | undefined

  constructor(engine: Engine, signal?: AbortSignal) {
    this.#engine = engine
    this.#access = new Access(engine)
    this.#signal = signal
  }

  async executeQuery<R>(query: CompiledQuery, options?: Abortable): Promise<QueryResult<R>> {
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
      const found = this.#access.connectionFor(sql, signal)
      const connection = found instanceof Promise ? await found : found
      if (this.#released) throw new ReleasedError()
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
      this.#access.statementDone(failure)
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
    return this.#access.retryStatement(
      refusal,
      { connection, sql },
      execute,
      options?.signal ?? this.#acquireSignal,
    )
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
      this.#access.markTaken('a stream', this.streamQuery)
      let chunks: AsyncIterableIterator<unknown[]> | undefined
      try {
        let next = await this.#inTurn(async () => {
          const connection = await this.#access.connectionFor(sql, signal)
          const start = (): Promise<IteratorResult<unknown[], unknown>> => {
            if (this.#released) throw new ReleasedError()
            chunks = connection.stream(sql, parameters, chunkSize, signal)
            return chunks.next()
          }
          try {
            return await start()
          } catch (refusal) {
            return await this.#access.retryStatement(refusal, { connection, sql }, start, signal)
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
      this.#access.statementDone(failure)
    }
    if (aborted !== undefined) yield abortedResult(aborted)
  }

  /**
   * `begin` and its kin; where it fails, what it took is given back.
   *
   * @param from The function whose caller began the transaction.
   */
  async begin(begin: CompiledQuery, readOnly: boolean, from: (...args: never[]) => unknown): Promise<void> {
    const joined = this.#access.connected
    this.#access.markTaken('a transaction', from)
    this.#engine.nestedUse.enter(this.#access)
    try {
      await this.executeQuery(begin)
      this.#transaction = true
      if (readOnly) await this.#refuseWrites()
    } catch (error) {
      if (!joined) await this.#giveBack()
      throw error
    }
  }

  /** @throws TransactionLostError where SQLite has rolled the transaction back already; ThreadDiedError where its thread has ended. */
  async commit(commit: CompiledQuery): Promise<void> {
    const isAlive = this.#access.connection?.closed !== true
    if (isAlive && !this.#inTransaction) throw new TransactionLostError({ cause: this.#lost })
    await this.executeQuery(commit)
    await this.#endTransaction()
  }

  /** Rolls back. That SQLite has done so already is fine. A connection that cannot roll back is closed. */
  async rollback(rollback: CompiledQuery): Promise<void> {
    const { connection } = this.#access
    try {
      await connection?.stopReading()
      if (this.#inTransaction) await this.executeQuery(rollback)
      await this.#endTransaction()
    } catch (error) {
      await this.#giveBack()
      throw error
    }
  }

  /** Waits for locks end with the signal. A statement in another thread ends between two rows, one in this thread has ended. */
  async cancelQuery(): Promise<void> {
    this.#isToEnd = true
    this.#access.connection?.cancel()
  }

  /** Gives the connection up, with the thread that it lives in. One in this thread is not used again by a pool of several. */
  async killSession(): Promise<void> {
    this.#isToEnd = true
    this.#altered = true
    this.#access.connection?.kill()
  }

  /**
   * Gives back what the session holds. What SQLite carries out is awaited; what has not begun is refused at once. A second
   * release does nothing.
   */
  release(): Promise<void> {
    if (this.#released) return DONE
    this.#released = true
    return this.#isRunning ? this.#releaseInTurn() : this.#release()
  }

  async #releaseInTurn(): Promise<void> {
    const refusal = new ReleasedError()
    this.#access.refuse(refusal)
    for (const { reject } of this.#waiting?.splice(0) ?? []) reject(refusal)
    // A connection that is still being opened goes back to the pool when it comes.
    if (this.#access.connected) await this.#nextTurn()
    await this.#release()
  }

  #release(): Promise<void> {
    const plain = !this.#transaction && !this.#altered && this.#changes === undefined
    return plain ? this.#access.giveBack() : this.#giveBack()
  }

  /** The signal of `acquireConnection` may end the wait for the connection, not what is done with it later. */
  get #acquireSignal(): AbortSignal | undefined {
    return this.#access.connected ? undefined : this.#signal
  }

  /** Kysely sends one statement after the other; who sends several at once has them run so. */
  #turn(): Promise<void> {
    return this.#released ? Promise.reject(new ReleasedError()) : this.#nextTurn()
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

  get #inTransaction(): boolean {
    return this.#access.connection?.inTransaction === true
  }

  /** The caller has its abort, and the failure is nothing but that. */
  #isOfAbort(failure: unknown, signal: AbortSignal | undefined): signal is AbortSignal {
    return signal?.aborted === true && (this.#isToEnd || failure === signal.reason)
  }

  #countStatement(): void {
    if (this.#released) throw new ReleasedError()
    if (this.#lost !== undefined) throw new TransactionLostError({ cause: this.#lost })
    this.#statements += 1
    if (this.#statements !== 2) return
    if (this.#access.takenAt === undefined) {
      this.#access.markTaken('a session of several statements', this.executeQuery)
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
    const connection = this.#access.connection ?? (await this.#access.connect(signal))
    this.#access.noteRead(sql, connection)
    const { database, pool, config } = this.#engine
    const { result, changes } = await runSessionStatement(keyword, connection, sql, parameters, {
      shared: this.#statements === 1 && pool.capacity > 1,
      onMemdb: config.location.kind === 'shared-memory',
      readsUris: database.readsUris,
      busyTimeout: this.#access.busyTimeout,
      whileBusy: (attempt) => this.#access.attempt(attempt, signal),
      ...(pool.capacity > 1 && { closeIdle: () => pool.dispose() }),
    })
    if (changes === undefined) return result
    if (changes.busyTimeout !== undefined) this.#access.busyTimeout = changes.busyTimeout
    if (this.#statements === 1) this.#changes = changes
    else if (altersConnection(changes)) this.#altered = true
    return result
  }

  async #refuseWrites(): Promise<void> {
    const connection = this.#access.connection!
    const { rows } = await connection.execute('pragma query_only', [])
    await connection.execute('pragma query_only = on', [])
    this.#queryOnlyBefore = (rows[0] as { query_only: number | bigint }).query_only
  }

  async #endTransaction(): Promise<void> {
    this.#transaction = false
    this.#lost = undefined
    if (this.#queryOnlyBefore === undefined) return
    const { connection } = this.#access
    if (connection?.closed !== true) {
      await connection?.execute(`pragma query_only = ${String(this.#queryOnlyBefore)}`, [])
    }
    this.#queryOnlyBefore = undefined
  }

  /** Notes whether the error has ended the transaction, and adds what its user needs to know. */
  async #explain(error: unknown): Promise<unknown> {
    const { connection } = this.#access
    if (this.#transaction && connection?.inTransaction === false) this.#lost = error
    return await this.#engine.explain(error, connection)
  }

  async #giveBack(): Promise<void> {
    const { connection } = this.#access
    if (connection === undefined) return this.#access.giveBack()
    const { settings, stopped } = this.#engine
    if (this.#changes !== undefined && !stopped) settings.record(this.#changes, connection)
    let discard = this.#altered && this.#engine.pool.capacity > 1 ? ALTERED : undefined
    try {
      if (this.#transaction) await connection.rollback()
      await this.#endTransaction()
    } catch (error) {
      discard = { because: error }
    }
    await this.#access.giveBackAfter(discard)
  }
}

const DONE = Promise.resolve()
const ALTERED: { readonly because: unknown } = { because: 'its settings were changed for one session' }
