import { Kysely } from 'kysely'
import { GenericSqliteDialect } from 'kysely-generic-sqlite'
import { genericExecutor } from '../../generic-executor.ts'
import { openDatabase } from '../../open-database.ts'
import type { Tables } from '../../tables.ts'
import { kyselyClient } from '../kysely-client.ts'
import type { Open } from './contestant.ts'

export const open: Open = async (place, folder) => {
  const dialect = new GenericSqliteDialect(() => genericExecutor(openDatabase(place, folder), false))
  return kyselyClient(new Kysely<Tables>({ dialect }))
}
