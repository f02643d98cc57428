import BetterSqlite3, { type Database } from 'better-sqlite3'
import type { DatabaseOpening } from '../config/database-creator.ts'
import type { Opening } from './opening.ts'
import { whyUnopenable } from './unopenable.ts'

export function openDatabase(opening: Opening): Database {
  try {
    return new BetterSqlite3(opening.filename, optionsOf(opening))
  } catch (error) {
    throw withFileName(error, opening)
  }
}

export function optionsOf({ readonly, fileMustExist }: Opening): DatabaseOpening['options'] {
  return { readonly, fileMustExist, timeout: 0 }
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
