import type { MaybePromise } from '@poolclass/pools'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import type { ResolvedConfig } from '../config/resolved-config.ts'
import { DialectConfigError } from '../errors.ts'
import type { Connection } from './connection.ts'

/** Runs something until no lock of another connection is in its way. */
export type WhileBusy = <T>(attempt: () => MaybePromise<T>) => Promise<T>

/** Opens one connection, here or in another thread, and hands it to the user's hook. */
export async function newConnection(
  open: () => MaybePromise<Connection>,
  onCreateConnection: ResolvedConfig['onCreateConnection'],
  whileBusy: WhileBusy,
): Promise<Connection> {
  const connection = await whileBusy(open)
  if (onCreateConnection === undefined) return connection
  try {
    await onCreateConnection(new BareConnection(connection, whileBusy))
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
    'onCreateConnection left a transaction open, in which the first queries of the connection would be lost. Commit it.',
  )
}

/** A connection that is in nobody's pool yet, as `onCreateConnection` sees it. */
class BareConnection implements DatabaseConnection {
  readonly #connection: Connection
  readonly #whileBusy: WhileBusy

  constructor(connection: Connection, whileBusy: WhileBusy) {
    this.#connection = connection
    this.#whileBusy = whileBusy
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const result = await this.#whileBusy(() => this.#connection.execute(sql, parameters))
    return result as QueryResult<R>
  }

  async *streamQuery<R>(
    { sql, parameters }: CompiledQuery,
    chunkSize: number,
  ): AsyncIterableIterator<QueryResult<R>> {
    for await (const rows of this.#connection.stream(sql, parameters, chunkSize)) yield { rows: rows as R[] }
  }
}
