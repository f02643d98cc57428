import type { Driver } from '../driver.ts'
import { DRIVER_TRAITS } from '../driver-traits.ts'
import { ServerDatabase } from './server-database.ts'

/** The driver of libSQL servers: `sqld` on machines of one's own, or Turso's. It needs no package. */
export const libsqlServer: Driver = {
  ...DRIVER_TRAITS['libsql-server'],
  database: (config) => new ServerDatabase(config),
}
