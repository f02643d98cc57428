import type { LibraryName } from '../../packages/dialect/src/drivers/driver-traits.ts'

const named = process.env['DRIVER'] ?? 'better-sqlite3'

/** The driver that this run of the tests is about: the tests of connections run over each, with `DRIVER=node:sqlite`, say. */
export const testedDriver: LibraryName = (named === 'libsql-server' ? 'better-sqlite3' : named) as LibraryName
