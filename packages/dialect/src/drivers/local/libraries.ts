import { betterSqlite3 } from '../better-sqlite3/better-sqlite3.ts'
import { betterSqlite3MultipleCiphers } from '../better-sqlite3-multiple-ciphers/better-sqlite3-multiple-ciphers.ts'
import { nodeSqlite } from '../node-sqlite/node-sqlite.ts'
import type { LibraryName } from '../driver-traits.ts'
import type { SqliteLibrary } from './sqlite-library.ts'

/** The libraries of SQLite by the names of their drivers. None loads its package before `load()`. */
export const LIBRARIES: Readonly<Record<LibraryName, SqliteLibrary>> = {
  'better-sqlite3': betterSqlite3,
  'better-sqlite3-multiple-ciphers': betterSqlite3MultipleCiphers,
  'node:sqlite': nodeSqlite,
}
