import { sql } from 'kysely'
import type { Db } from '../tables.ts'
import { firstValue, type KyselyClient } from './client.ts'

export function kyselyClient(db: Db): KyselyClient {
  return {
    sort: 'Kysely',
    db,
    execute: async (statement) => void (await sql.raw(statement).execute(db)),
    value: async (query) => {
      const { rows } = await sql.raw<Record<string, unknown>>(query).execute(db)
      return firstValue(rows[0])
    },
    close: () => db.destroy(),
  }
}
