import BetterSqlite3 from 'better-sqlite3'
import type { SqliteErrorFactory } from '../../packages/dialect/src/drivers/driver.ts'

/** Makes errors as better-sqlite3's SQLite does. */
export const sqliteError: SqliteErrorFactory = (message, code) => new BetterSqlite3.SqliteError(message, code)
