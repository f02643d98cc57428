import { type Dialect, Kysely, sql } from 'kysely'
import type { Tables } from '../data.ts'
import type { DialectClient } from './client.ts'

export function kyselyClient(dialect: Dialect): DialectClient {
  const db = new Kysely<Tables>({ dialect })
  return {
    db,
    execute: (statement) => sql.raw(statement).execute(db),
    value: async (query) => Object.values((await sql.raw<object>(query).execute(db)).rows[0]!)[0],
  }
}
