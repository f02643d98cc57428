import BetterSqlite3, { type Database } from 'better-sqlite3'
import { existsSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'
import type { ResolvedConfig } from '../config/resolve-config.ts'
import { DialectConfigError, UriSupportError } from '../errors.ts'
import type { OpenTarget } from '../url/open-target.ts'
import { understandsUris } from './addon.ts'
import { LocalConnection } from './local-connection.ts'
import type { MaybePromise } from '@poolclass/pools'

/** Runs something until no lock of another connection is in its way. */
export type WhileBusy = <T>(attempt: () => MaybePromise<T>) => Promise<T>

/** Opens one connection in the calling thread, sets its pragmas and hands it to the user's hook. */
export async function openLocalConnection(
  config: ResolvedConfig,
  target: OpenTarget,
  number: number,
  whileBusy: WhileBusy,
): Promise<LocalConnection> {
  const database = await whileBusy(() => openDatabase(config, target))
  const { safeIntegers, statementCacheSize } = config.connectArgs
  const label = `${basename(target.filename) || config.location.kind}#${number}`
  const connection = new LocalConnection(database, label, statementCacheSize)
  try {
    if (safeIntegers) database.defaultSafeIntegers(true)
    for (const [name, value] of config.pragmas) await whileBusy(() => setPragma(database, name, value))
    await config.onCreateConnection?.(new BareConnection(connection, whileBusy))
    if (connection.inTransaction) throw leftOpen()
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

function leftOpen(): DialectConfigError {
  return new DialectConfigError(
    'onCreateConnection',
    'onCreateConnection left a transaction open, in which the first queries of the connection would be lost. Commit it.',
  )
}

/** SQLite's own busy timeout is always 0 here: it would block the thread. */
export function openDatabase(config: ResolvedConfig, target: OpenTarget): Database {
  if (config.creator !== undefined) return createdBy(config.creator, config)
  if (target.needsUri && !understandsUris()) throw new UriSupportError(target.filename)
  const readonly = config.connectArgs.readonly || target.readonly
  const fileMustExist = config.connectArgs.fileMustExist || target.fileMustExist
  try {
    return new BetterSqlite3(target.filename, { readonly, fileMustExist, timeout: 0 })
  } catch (error) {
    throw withFileName(error, config, target)
  }
}

function createdBy(creator: NonNullable<ResolvedConfig['creator']>, { location }: ResolvedConfig): Database {
  const database: unknown = creator(location)
  if (!isDatabase(database)) {
    throw new DialectConfigError(
      'creator',
      'creator must return an open better-sqlite3 Database, at once and not as a promise.',
    )
  }
  database.pragma('busy_timeout = 0')
  return database
}

function isDatabase(value: unknown): value is Database {
  return typeof value === 'object' && value !== null && 'prepare' in value && 'pragma' in value
}

/** Says which file could not be opened, and why where that is plain to see; SQLite's message says neither. */
function withFileName(error: unknown, { location }: ResolvedConfig, { filename }: OpenTarget): unknown {
  if (!(error instanceof BetterSqlite3.SqliteError || error instanceof TypeError)) return error
  const code = error instanceof BetterSqlite3.SqliteError ? error.code : 'SQLITE_CANTOPEN'
  const text = error instanceof BetterSqlite3.SqliteError ? error.message : 'unable to open database file'
  const reason = code === 'SQLITE_CANTOPEN' && location.kind === 'file' ? whyNotOpened(location.path) : ''
  return new BetterSqlite3.SqliteError(`${text}: ${filename}${reason}`, code)
}

function whyNotOpened(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isDirectory() === true) return ' (it is a directory)'
  if (found !== undefined) return ''
  return existsSync(dirname(path)) ? ' (it does not exist)' : ' (its directory does not exist)'
}

function setPragma(database: Database, name: string, value: string | number | boolean): void {
  const literal = typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)
  database.pragma(`${name} = ${literal}`)
}

/** A connection that is in nobody's pool yet, as `onCreateConnection` sees it. */
class BareConnection implements DatabaseConnection {
  readonly #connection: LocalConnection
  readonly #whileBusy: WhileBusy

  constructor(connection: LocalConnection, whileBusy: WhileBusy) {
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
