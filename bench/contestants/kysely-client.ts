import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import { type Dialect, Kysely, sql } from 'kysely'
import type { Tables } from '../data.ts'
import type { DialectClient, Location } from './client.ts'

export type Options = Omit<PooledSqliteDialectConfig, 'url'>

export async function openPoolclass({ name, pragmas }: Location, options: Options): Promise<DialectClient> {
  const { PooledSqliteDialect } = await import('@poolclass/dialect')
  return kyselyClient(new PooledSqliteDialect({ url: name, pragmas, ...options }))
}

export function kyselyClient(dialect: Dialect): DialectClient {
  const db = new Kysely<Tables>({ dialect })
  return {
    db,
    execute: (statement) => sql.raw(statement).execute(db),
    value: async (query) => Object.values((await sql.raw<object>(query).execute(db)).rows[0]!)[0],
  }
}
