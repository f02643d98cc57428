import type { Driver } from '../driver.ts'
import { DRIVER_TRAITS } from '../driver-traits.ts'
import { LocalDatabase } from './local-database.ts'
import type { SqliteLibrary } from './sqlite-library.ts'

/** The driver of a library that holds SQLite in this process. */
export function localDriver(library: SqliteLibrary): Driver {
  return { ...DRIVER_TRAITS[library.name], database: (config) => new LocalDatabase(library, config) }
}
