import { betterSqlite3 } from '../better-sqlite3/better-sqlite3.ts'
import type { DriverName } from '../driver.ts'
import type { SqliteLibrary } from './sqlite-library.ts'

/** The libraries of SQLite by the names of their drivers. None loads its package before `load()`. */
export const LIBRARIES: Readonly<Record<DriverName, SqliteLibrary>> = {
  'better-sqlite3': betterSqlite3,
}
