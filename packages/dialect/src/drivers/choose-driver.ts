import type { Driver } from './driver.ts'
import type { DriverName } from './driver-traits.ts'
import { libsqlServer } from './libsql-server/libsql-server.ts'
import { LIBRARIES } from './local/libraries.ts'
import { localDriver } from './local/local-driver.ts'

/** The drivers by the names that a config gives them. None loads its package before it is used. */
export const DRIVERS: Readonly<Record<DriverName, Driver>> = {
  'better-sqlite3': localDriver(LIBRARIES['better-sqlite3']),
  'better-sqlite3-multiple-ciphers': localDriver(LIBRARIES['better-sqlite3-multiple-ciphers']),
  'node:sqlite': localDriver(LIBRARIES['node:sqlite']),
  'libsql-server': libsqlServer,
}
