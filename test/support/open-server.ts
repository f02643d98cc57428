import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { Kysely, type KyselyConfig } from 'kysely'
import { onTestFinished } from 'vitest'

/** A Kysely instance over the database of a server, destroyed when the test ends. */
export function openServer<DB = any>(
  url: string,
  config: Omit<PooledSqliteDialectConfig, 'url'> = {},
  kysely: Omit<KyselyConfig, 'dialect'> = {},
): { db: Kysely<DB>; dialect: PooledSqliteDialect } {
  const dialect = new PooledSqliteDialect({ url, ...config })
  const db = new Kysely<DB>({ dialect, ...kysely })
  onTestFinished(() => db.destroy())
  return { db, dialect }
}
