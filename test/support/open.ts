import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { Kysely, type KyselyConfig } from 'kysely'
import { onTestFinished } from 'vitest'

/** A Kysely instance over a new dialect, destroyed when the test ends. */
export function open<DB = any>(
  config: string | PooledSqliteDialectConfig,
  kysely: Omit<KyselyConfig, 'dialect'> = {},
): { db: Kysely<DB>; dialect: PooledSqliteDialect } {
  const dialect = new PooledSqliteDialect(config)
  const db = new Kysely<DB>({ dialect, ...kysely })
  onTestFinished(() => db.destroy())
  return { db, dialect }
}
