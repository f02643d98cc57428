import {
  CompiledQuery,
  createQueryId,
  type DatabaseConnection,
  type Driver,
  IdentifierNode,
  type QueryCompiler,
  type QueryId,
  RawNode,
  type TransactionSettings,
} from 'kysely'
import { sessionsAreObserved } from '../diagnostics/channels.ts'
import { openSession } from '../diagnostics/open-session.ts'
import type { Engine } from '../engine.ts'
import { KYSELY_KNOWS_ABORTED } from '../session/aborted-mark.ts'
import { QuerySession } from '../session/query-session.ts'
import type { Abortable } from '../session/execution.ts'
import { Session } from '../session/session.ts'
import { ENDS_READING } from '../session/transaction-commands.ts'
import { takeCompiled } from './last-compiled.ts'

/** Kysely's driver over an engine. Several drivers may share one engine; the last of those in use that is destroyed ends it. */
export class PooledSqliteDriver implements Driver {
  readonly #engine: Engine
  readonly #spare: QuerySession[] = []
  #started: Promise<void> | undefined

  constructor(engine: Engine) {
    this.#engine = engine
    engine.noteDriver()
  }

  /** Where it has failed, the next query tries anew. */
  init(): Promise<void> {
    if (this.#started !== undefined) return this.#started
    const started = this.#engine.start()
    this.#started = started
    started.catch(() => {
      if (this.#started === started) this.#started = undefined
    })
    return started
  }

  async acquireConnection(options?: Abortable): Promise<DatabaseConnection> {
    const compiled = takeCompiled()
    const query = options === undefined && KYSELY_GIVES_OPTIONS ? compiled : undefined
    if (query !== undefined && !sessionsAreObserved()) return this.#querySession(query)
    const session = openSession(this.#engine, options?.signal, query)
    if (options !== undefined) session.goOnBehindTransactions()
    return session
  }

  beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    return sessionOf(connection).transaction.begin(settings, this.beginTransaction)
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return sessionOf(connection).transaction.commit()
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return sessionOf(connection).transaction.rollback()
  }

  async savepoint(
    connection: DatabaseConnection,
    name: string,
    compile: QueryCompiler['compileQuery'],
  ): Promise<void> {
    await sessionOf(connection).executeQuery(savepointCommand('savepoint', name, compile), ENDS_READING)
  }

  async rollbackToSavepoint(
    connection: DatabaseConnection,
    name: string,
    compile: QueryCompiler['compileQuery'],
  ): Promise<void> {
    await sessionOf(connection).transaction.rollbackTo(savepointCommand('rollback to', name, compile))
  }

  async releaseSavepoint(
    connection: DatabaseConnection,
    name: string,
    compile: QueryCompiler['compileQuery'],
  ): Promise<void> {
    await sessionOf(connection).executeQuery(savepointCommand('release', name, compile), ENDS_READING)
  }

  releaseConnection(connection: DatabaseConnection): Promise<void> {
    const session = sessionOf(connection)
    const releasing = session.release()
    if (session instanceof QuerySession && session.retire() && this.#spare.length < MOST_SPARE)
      this.#spare.push(session)
    return releasing
  }

  async destroy(): Promise<void> {
    const started = this.#started
    this.#started = undefined
    const isStarted = await started?.then(
      () => true,
      () => false,
    )
    if (isStarted === true) await this.#engine.stop()
  }

  #querySession(query: QueryId): QuerySession {
    const spare = this.#spare.pop()
    if (spare === undefined) return new QuerySession(this.#engine, query)
    spare.beginAnew(query)
    return spare
  }
}

/**
 * This Kysely gives options for `db.connection()`, even if they are empty, and none for a query or `db.transaction()`. Kysely
 * 0.28 gives none at all. There the driver could not tell the session of a query from one that the callback of
 * `db.connection()` has kept.
 */
const KYSELY_GIVES_OPTIONS = KYSELY_KNOWS_ABORTED

/** Enough for the queries that a server has under way at once. */
const MOST_SPARE = 16

function savepointCommand(
  command: string,
  name: string,
  compile: QueryCompiler['compileQuery'],
): CompiledQuery {
  const node = RawNode.createWithChildren([RawNode.createWithSql(`${command} `), IdentifierNode.create(name)])
  return compile(node, createQueryId())
}

function sessionOf(connection: DatabaseConnection): Session {
  if (connection instanceof Session) return connection
  throw new TypeError('bug: Kysely handed this driver a connection of another driver')
}
