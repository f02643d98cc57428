import type { SqliteLibrary } from '../local/sqlite-library.ts'
import { DriverMissingError } from '../../errors/driver-errors.ts'
import { type BetterSqlite3Package, BetterSqlite3Library } from './better-sqlite3-library.ts'

/** https://github.com/WiseLibs/better-sqlite3 */
export const betterSqlite3: SqliteLibrary = new BetterSqlite3Library('better-sqlite3', importPackage)

/** Inside of `try`, so that bundlers accept that the package is not installed. */
async function importPackage(): Promise<BetterSqlite3Package> {
  try {
    return (await import('better-sqlite3')).default
  } catch (error) {
    throw DriverMissingError.ofPackage('better-sqlite3', error, WITHOUT_PACKAGE)
  }
}

const WITHOUT_PACKAGE = "Or set driver: 'node:sqlite', which needs no package."
