import { AsyncLocalStorage } from 'node:async_hooks'
import { tellEnd, tellFailure, trace } from '@poolclass/pools/trace'
import type { CompiledQuery, QueryId, QueryResult } from 'kysely'
import { sessionKeyword } from '../connection/first-keyword.ts'
import { withoutSecrets } from '../connection/shown-sql.ts'
import type { Engine } from '../engine.ts'
import { AbortedResult } from '../session/aborted-result.ts'
import type { Abortable } from '../session/execution.ts'
import { Session } from '../session/session.ts'
import type { Transaction } from '../session/transaction.ts'
import type { TransactionCommand } from '../session/transaction-commands.ts'
import type { EndedWait } from '../session/waits.ts'
import { type MessageSource, queryChannel, type QueryMessage, sourceOf, tellWait } from './channels.ts'
import { ObservedTransaction } from './observed-transaction.ts'

let sessions = 0

/** A session that tells the channels what it does. Others do not know of them. */
export class ObservedSession extends Session {
  readonly #number: number = (sessions += 1)
  readonly #source: MessageSource
  /** In the order of their turns: the first is the one that runs or waits. */
  readonly #queries: Map<QueryMessage, CompiledQuery> = new Map()

  constructor(engine: Engine, signal?: AbortSignal, query?: QueryId) {
    super(engine, signal, query)
    this.#source = sourceOf(engine)
    this.waits.onEnd = (wait) => this.#tellWait(wait)
  }

  override executeQuery<R>(
    query: CompiledQuery,
    options?: Abortable & TransactionCommand,
  ): Promise<QueryResult<R>> {
    const message = this.#begin(query, false)
    const run = (): Promise<QueryResult<R>> =>
      super.executeQuery<R>(query, options).finally(() => this.#queries.delete(message))
    return trace(queryChannel, message, run, (result) => noteResult(message, result))
  }

  override async *streamQuery<R>(
    query: CompiledQuery,
    chunkSize: number,
    options?: Abortable,
  ): AsyncIterableIterator<QueryResult<R>> {
    const rows = super.streamQuery<R>(query, chunkSize, options)
    // Those are executed, and tell of it there.
    if (sessionKeyword(query.sql) !== undefined) return yield* rows
    const message = this.#begin(query, true)
    message.rows = 0
    // Each step runs in the context that the subscribers have given the query.
    const inContext = queryChannel.start.runStores(message, () => AsyncLocalStorage.snapshot())
    queryChannel.end.publish(message)
    try {
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- one part after the other
        const next = await inContext(() => rows.next())
        if (next.done === true) return
        noteResult(message, next.value, message.rows)
        yield next.value
      }
    } catch (error) {
      tellFailure(queryChannel, message, error)
      throw error
    } finally {
      await inContext(() => rows.return?.())
      this.#queries.delete(message)
      this.#noteConnection(message)
      tellEnd(queryChannel, message)
    }
  }

  /** Another statement may have another connection before the result of this one is told. */
  protected override afterStatement(query: CompiledQuery): void {
    for (const [message, sent] of this.#queries) {
      if (sent !== query || message.connection !== undefined) continue
      this.#noteConnection(message)
      break
    }
    super.afterStatement(query)
  }

  protected override newTransaction(): Transaction {
    return new ObservedTransaction(this.engine, this, this.checkout, this.order, {
      ...this.#source,
      session: this.#number,
    })
  }

  #begin(query: CompiledQuery, isStream: boolean): QueryMessage {
    const message: QueryMessage = {
      ...this.#source,
      sql: withoutSecrets(query.sql),
      session: this.#number,
      isStream,
      waited: { connection: 0, line: 0, lock: 0, checkpoint: 0 },
      startTime: performance.now(),
    }
    this.#queries.set(message, query)
    return message
  }

  #tellWait({ kind, startTime, duration, holder, ...failure }: EndedWait): void {
    const [query] = this.#queries.keys()
    if (query !== undefined) query.waited[kind] += duration
    const label = this.checkout.connection?.label
    tellWait({
      ...this.#source,
      kind,
      session: this.#number,
      ...(query !== undefined && { sql: query.sql }),
      ...(label !== undefined && { connection: label }),
      ...(holder !== undefined && { holder }),
      startTime,
      duration,
      ...failure,
    })
  }

  #noteConnection(message: QueryMessage): void {
    const label = this.checkout.connection?.label
    if (label !== undefined) message.connection = label
  }
}

function noteResult(message: QueryMessage, result: QueryResult<unknown>, before = 0): void {
  if (result instanceof AbortedResult) return
  message.rows = before + result.rows.length
  if (result.numAffectedRows !== undefined) message.changes = Number(result.numAffectedRows)
}
