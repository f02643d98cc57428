import type { MaybePromise } from '@poolclass/pools'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import type { ResolvedConfig } from '../config/resolved-config.ts'
import { DialectConfigError } from '../errors/config-errors.ts'
import { runPragma } from './pragma.ts'
import type { SessionSettings } from './session-settings.ts'
import type { WhileBusy } from '../waiting/busy.ts'
import type { Connection, StatementResult } from '../connection/connection.ts'
import { sessionKeyword } from '../connection/first-keyword.ts'

/** Opens one connection, here or in another thread, and hands it to the user's hook. */
export function newConnection(
  open: () => MaybePromise<Connection>,
  onCreateConnection: ResolvedConfig['onCreateConnection'],
  whileBusy: WhileBusy,
  settings: SessionSettings,
): MaybePromise<Connection> {
  return onCreateConnection === undefined ? open() : setUp(open, onCreateConnection, whileBusy, settings)
}

async function setUp(
  open: () => MaybePromise<Connection>,
  onCreateConnection: NonNullable<ResolvedConfig['onCreateConnection']>,
  whileBusy: WhileBusy,
  settings: SessionSettings,
): Promise<Connection> {
  const connection = await open()
  try {
    await onCreateConnection(new BareConnection(connection, whileBusy, settings))
    if (connection.inTransaction) throw leftOpen()
    return connection
  } catch (error) {
    await connection.close()
    throw error
  }
}

function leftOpen(): DialectConfigError {
  return new DialectConfigError(
    'onCreateConnection',
    'onCreateConnection left a transaction open, so the first queries of the connection would be lost. Commit it.',
  )
}

/** A connection that is in no pool yet, as `onCreateConnection` sees it. */
class BareConnection implements DatabaseConnection {
  readonly #connection: Connection
  readonly #whileBusy: WhileBusy
  readonly #settings: SessionSettings

  constructor(connection: Connection, whileBusy: WhileBusy, settings: SessionSettings) {
    this.#connection = connection
    this.#whileBusy = whileBusy
    this.#settings = settings
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const result =
      sessionKeyword(sql) === 'pragma'
        ? await this.#runPragma(sql, parameters)
        : await this.#execute(sql, parameters)
    return result as QueryResult<R>
  }

  async *streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    const { sql, parameters } = query
    if (sessionKeyword(sql) === 'pragma') return yield await this.executeQuery<R>(query)
    for await (const rows of this.#connection.stream(sql, parameters, chunkSize)) yield { rows: rows as R[] }
  }

  #execute(sql: string, parameters: readonly unknown[]): Promise<StatementResult> {
    const connection = this.#connection
    return this.#whileBusy(() => connection.execute(sql, parameters), { connection, sql })
  }

  /** What it sets is this connection's alone, but for the busy timeout: it is the driver that waits. */
  async #runPragma(sql: string, parameters: readonly unknown[]): Promise<StatementResult> {
    const { result, changes } = await runPragma(this.#connection, sql, parameters, {
      busyTimeout: this.#settings.busyTimeout,
      whileBusy: this.#whileBusy,
    })
    if (changes?.busyTimeout !== undefined) this.#settings.configureTimeout(changes.busyTimeout)
    return result
  }
}
