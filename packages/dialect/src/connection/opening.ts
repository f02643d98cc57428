import BetterSqlite3, { type Database } from 'better-sqlite3'
import type { ConfigPragma } from '../config/pragmas.ts'
import { DialectConfigError } from '../errors.ts'
import type { SqliteLocation } from '../url/sqlite-location.ts'
import { LocalConnection } from './local-connection.ts'
import { setPragmas } from './set-pragmas.ts'
import { whyUnopenable } from './unopenable.ts'

/** All that it takes to open a connection, as data that can travel to another thread. */
export interface Opening {
  readonly location: SqliteLocation
  /** As `OpenTarget` has it. */
  readonly filename: string
  readonly readonly: boolean
  readonly fileMustExist: boolean
  readonly safeIntegers: boolean
  readonly statementCacheSize: number
  readonly pragmas: readonly ConfigPragma[]
}

/** Opens the handle in the user's way. */
export type DatabaseCreator = (location: SqliteLocation) => Database

/** Opens one connection in the calling thread and sets its pragmas, all of it or nothing. */
export function openLocalConnection(
  opening: Opening,
  label: string,
  creator: DatabaseCreator | undefined,
): LocalConnection {
  const database = openDatabase(opening, creator)
  try {
    if (opening.safeIntegers) database.defaultSafeIntegers(true)
    setPragmas(database, opening.pragmas)
  } catch (error) {
    database.close()
    throw error
  }
  return new LocalConnection(database, label, opening.statementCacheSize)
}

/** SQLite's own busy timeout is always 0 here: it would block the thread. */
export function openDatabase(opening: Opening, creator?: DatabaseCreator): Database {
  if (creator !== undefined) return createdBy(creator, opening.location)
  const { filename, readonly, fileMustExist } = opening
  try {
    return new BetterSqlite3(filename, { readonly, fileMustExist, timeout: 0 })
  } catch (error) {
    throw withFileName(error, opening)
  }
}

function createdBy(creator: DatabaseCreator, location: SqliteLocation): Database {
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

/** @throws SqliteError as SQLite would, for a file that cannot be opened; called where somebody else opens it. */
export function rejectUnopenable({ location, filename, readonly, fileMustExist }: Opening): void {
  if (location.kind !== 'file') return
  const why = whyUnopenable(location.path, readonly || fileMustExist)
  if (why === undefined) return
  throw new BetterSqlite3.SqliteError(`unable to open database file: ${filename} (${why})`, 'SQLITE_CANTOPEN')
}

/** Says which file could not be opened, and why where that is plain to see; SQLite's message says neither. */
function withFileName(error: unknown, { location, filename, readonly, fileMustExist }: Opening): unknown {
  if (!(error instanceof BetterSqlite3.SqliteError || error instanceof TypeError)) return error
  const code = error instanceof BetterSqlite3.SqliteError ? error.code : 'SQLITE_CANTOPEN'
  const text = error instanceof BetterSqlite3.SqliteError ? error.message : 'unable to open database file'
  const why =
    code === 'SQLITE_CANTOPEN' && location.kind === 'file'
      ? whyUnopenable(location.path, readonly || fileMustExist)
      : undefined
  return new BetterSqlite3.SqliteError(`${text}: ${filename}${why === undefined ? '' : ` (${why})`}`, code)
}
