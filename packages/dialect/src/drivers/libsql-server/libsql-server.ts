import type { Driver } from '../driver.ts'
import { DRIVER_TRAITS } from '../driver-traits.ts'
import { ServerDatabase } from './server-database.ts'

/** The driver for libSQL servers: `sqld` on your own machines, or Turso's servers. It needs no package. */
export const libsqlServer: Driver = {
  ...DRIVER_TRAITS['libsql-server'],
  database: (config) => new ServerDatabase(config),
}
