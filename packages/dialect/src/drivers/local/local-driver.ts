import type { Driver } from '../driver.ts'
import { LocalDatabase } from './local-database.ts'
import type { SqliteLibrary } from './sqlite-library.ts'

/** The driver of a library that holds SQLite in this process. */
export function localDriver(library: SqliteLibrary): Driver {
  const { name, pragmas } = library
  const encrypts = library.setKey !== undefined
  return { name, pragmas, encrypts, database: (config) => new LocalDatabase(library, config) }
}
