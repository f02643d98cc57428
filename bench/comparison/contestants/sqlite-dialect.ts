import { Kysely, SqliteDialect } from 'kysely'
import { openDatabase } from '../../open-database.ts'
import type { Tables } from '../../tables.ts'
import { kyselyClient } from '../kysely-client.ts'
import type { Open } from './contestant.ts'

export const open: Open = async (place, folder) => {
  const dialect = new SqliteDialect({ database: openDatabase(place, folder) })
  return kyselyClient(new Kysely<Tables>({ dialect }))
}
