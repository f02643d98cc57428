import { LIBRARIES } from '../../packages/dialect/src/drivers/local/libraries.ts'
import type { SqliteErrorFactory } from '../../packages/dialect/src/drivers/driver.ts'
import { testedDriver } from './driver.ts'

const library = LIBRARIES[testedDriver]
await library.load()

/** Makes errors as the SQLite of the driver does. */
export const sqliteError: SqliteErrorFactory = library.error

/** The class of those errors. */
export const SqliteError = sqliteError('', '').constructor as ErrorConstructor
