import type { MaybePromise } from '@poolclass/pools'
import type { CompiledQuery, QueryId, QueryResult } from 'kysely'
import { sessionKeyword } from '../connection/first-keyword.ts'
import type { Connection, StatementResult } from '../connection/connection.ts'
import type { Engine } from '../engine.ts'
import type { RunningQuery } from '../limits/slow-queries.ts'
import { dueTurn } from '../waiting/event-loop-turn.ts'
import { AbortedResult, isOfAbort } from './aborted-result.ts'
import { retryIfBusy } from './busy-retry.ts'
import { Lease } from './lease.ts'
import type { SentTransaction } from './sent-transaction.ts'
import type { TransactionCommand } from './transaction-commands.ts'

/** What Kysely passes on if the caller gave an `AbortSignal`. */
export interface Abortable {
  readonly signal?: AbortSignal | undefined
}

type Options = (Abortable & TransactionCommand) | undefined

/**
 * How a session runs its statements.
 *
 * Most statements wait for nothing. Those run in one go, without a promise, and only the result gets one. An asynchronous function
 * that awaits nothing takes 0.1 µs more.
 */
export abstract class Execution extends Lease {
  /** It may end the wait for a connection, but not what is done with the connection later. */
  protected readonly signal: AbortSignal | undefined
  /** A turn of the event loop that comes behind the release. */
  #turnBehind: Promise<void> | undefined

  /** @param query The query that Kysely's executor acquires it for, if it does. */
  constructor(engine: Engine, signal?: AbortSignal, query?: QueryId) {
    super(engine, query)
    this.signal = signal
  }

  executeQuery<R>(query: CompiledQuery, options?: Abortable & TransactionCommand): Promise<QueryResult<R>> {
    const result = this.#executeInTurn(query, options)
    return (result instanceof Promise ? result : Promise.resolve(result)) as Promise<QueryResult<R>>
  }

  /** As `executeQuery`, but without a promise if the command waits for nothing and nobody watches. */
  send(command: CompiledQuery, options?: TransactionCommand): MaybePromise<unknown> {
    return this.isWatched ? this.executeQuery(command, options) : this.#executeInTurn(command, options)
  }

  /** A channel's report, Kysely's log or an ORM sees its statements, by a function of its own in the place of `executeQuery`. */
  get isWatched(): boolean {
    return this.executeQuery !== Execution.prototype.executeQuery
  }

  override release(): Promise<void> {
    const released = super.release()
    const turn = this.#turnBehind
    if (turn === undefined) return released
    this.#turnBehind = undefined
    return released.then(() => turn)
  }

  #executeInTurn(query: CompiledQuery, options: Options): MaybePromise<StatementResult> {
    const turn = this.order.takeTurn(query) ?? this.releaseBefore(query)
    return turn === undefined ? this.#execute(query, options) : this.#executeAfter(turn, query, options)
  }

  async #executeAfter(turn: Promise<void>, query: CompiledQuery, options: Options): Promise<StatementResult> {
    await turn
    return await this.#execute(query, options)
  }

  #execute(query: CompiledQuery, options: Options): MaybePromise<StatementResult> {
    const timed = this.engine.slowQueries?.begin(this.waits)
    let running: MaybePromise<StatementResult>
    try {
      running = this.#run(query, options)
    } catch (error) {
      running = Promise.reject(error)
    }
    if (running instanceof Promise) return this.#finish(running, query, options, timed)
    const loopTurn = this.#end(query, timed, undefined)
    return loopTurn === undefined ? running : resultAfter(loopTurn, running)
  }

  async #finish(
    running: Promise<StatementResult>,
    query: CompiledQuery,
    options: Options,
    timed: RunningQuery | undefined,
  ): Promise<StatementResult> {
    let failure: unknown
    try {
      return await running
    } catch (error) {
      failure = error
      const explained = await this.explain(error)
      if (isOfAbort(error, options?.signal, this.isToEnd)) return new AbortedResult(options.signal)
      throw explained
    } finally {
      const loopTurn = this.#end(query, timed, failure)
      if (loopTurn !== undefined) await loopTurn
    }
  }

  /** Returns the turn of the event loop that has to come before the caller has the result, if one has to. */
  #end(query: CompiledQuery, timed: RunningQuery | undefined, failure: unknown): Promise<void> | undefined {
    this.sent?.noteStatement()
    this.turnToWrite.statementDone(failure)
    timed?.end(query.sql, this.checkout.connection?.label, failure)
    this.order.endTurn()
    this.afterStatement(query)
    // At the end, because a wait before the statement would let later statements overtake it.
    const turn = dueTurn()
    return turn === undefined || this.#putOff(turn) ? undefined : turn
  }

  /** Puts a turn of the event loop off until the release, if others wait for the connection. */
  #putOff(turn: Promise<void>): boolean {
    if (!this.hasRunItsQueryOnly || this.engine.releaseLine?.awaits(this.checkout) !== true) return false
    this.#turnBehind = turn
    return true
  }

  #run(query: CompiledQuery, options: Options): MaybePromise<StatementResult> {
    this.countStatement()
    this.noteBegun(query)
    const { sql } = query
    this.sent?.throwIfLost(sql)
    const signal = options?.signal ?? this.acquireSignal
    const keyword = sessionKeyword(sql)
    if (keyword !== undefined) return this.ownSettings.run(keyword, query, signal, this.statements === 1)
    const beginning = this.beginningOf(sql)
    const found = this.turnToWrite.connectionFor(sql, signal, options?.writes)
    const isReady =
      !(found instanceof Promise) && this.engine.wal?.gate.isShut !== true && options?.endsReading !== true
    if (!isReady) return this.#runWhenReady(found, query, options, signal, beginning)
    signal?.throwIfAborted()
    return this.#attempt(found, query, options, beginning)
  }

  async #runWhenReady(
    found: MaybePromise<Connection>,
    query: CompiledQuery,
    options: Options,
    signal: AbortSignal | undefined,
    beginning: SentTransaction | undefined,
  ): Promise<StatementResult> {
    this.checkout.watch()
    const connection = await found
    const gate = this.engine.wal?.gate
    const passing = gate?.isShut === true ? this.turnToRead.passBefore(gate, query.sql, signal) : undefined
    if (passing !== undefined) await passing
    this.waits.throwIfEnded()
    // A statement cannot be cancelled before it has begun, and would then run to its end.
    signal?.throwIfAborted()
    const ending = options?.endsReading === true ? connection.stopReading() : undefined
    if (ending !== undefined) await ending
    return await this.#attempt(connection, query, options, beginning)
  }

  #attempt(
    connection: Connection,
    query: CompiledQuery,
    options: Options,
    beginning: SentTransaction | undefined,
  ): MaybePromise<StatementResult> {
    const { sql, parameters } = query
    let answer: MaybePromise<StatementResult>
    try {
      answer = connection.execute(sql, parameters, options?.signal !== undefined)
    } catch (refusal) {
      answer = Promise.reject(refusal)
    }
    if (answer instanceof Promise) return this.#answered(answer, connection, query, options, beginning)
    this.#noteAnswer(sql, connection, beginning)
    return answer
  }

  async #answered(
    answer: Promise<StatementResult>,
    connection: Connection,
    query: CompiledQuery,
    options: Options,
    beginning: SentTransaction | undefined,
  ): Promise<StatementResult> {
    this.checkout.watch()
    let result: StatementResult
    try {
      result = await answer
    } catch (refusal) {
      result = await this.#retry(refusal, connection, query, options)
    }
    this.#noteAnswer(query.sql, connection, beginning)
    return result
  }

  #noteAnswer(sql: string, connection: Connection, beginning: SentTransaction | undefined): void {
    beginning?.begin()
    this.begun?.noteStatement(sql)
    this.turnToWrite.noteRead(sql, connection)
  }

  #retry(
    refusal: unknown,
    connection: Connection,
    { sql, parameters }: CompiledQuery,
    options: Options,
  ): Promise<StatementResult> {
    const execute = (): MaybePromise<StatementResult> =>
      connection.execute(sql, parameters, options?.signal !== undefined)
    const signal = options?.signal ?? this.acquireSignal
    return retryIfBusy(this.turnToWrite, refusal, { connection, sql }, execute, signal)
  }

  /** The signal of `acquireConnection`, until the session has its connection. */
  protected get acquireSignal(): AbortSignal | undefined {
    return this.checkout.connected ? undefined : this.signal
  }

  protected countStatement(): void {
    this.waits.throwIfEnded()
    this.begun?.loss.throwIfLost()
    this.statements += 1
    if (this.statements === 1 && this.engine.notesPlaces) this.notePlace('a query')
    if (this.statements !== 2) return
    this.notePlace('a session of several statements')
    this.settings?.keepToSession()
  }

  /** Notes whether the error has ended the transaction, and adds what its user needs to know. */
  protected async explain(error: unknown): Promise<unknown> {
    this.begun?.noteFailure(error)
    return await this.engine.explain(error, this.checkout.connection)
  }
}

async function resultAfter(turn: Promise<void>, result: StatementResult): Promise<StatementResult> {
  await turn
  return result
}
