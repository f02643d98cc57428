import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import type { DialectClient, Location } from './client.ts'
import { kyselyClient } from './kysely-client.ts'

export type Options = Omit<PooledSqliteDialectConfig, 'url'>

export function openPoolclass({ name, pragmas }: Location, options: Options): DialectClient {
  return kyselyClient(new PooledSqliteDialect({ url: name, pragmas, ...options }))
}
