import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { Kysely, type KyselyConfig } from 'kysely'
import { onTestFinished } from 'vitest'
import { testedDriver } from './driver.ts'

/** How many threads hold the connections: the tests of connections run over those of the calling thread and over others. */
export const threads = Number(process.env['CONNECTIONS_IN_THREADS'] ?? 0)

/** A Kysely instance over a new dialect, destroyed when the test ends. */
export function open<DB = any>(
  config: string | PooledSqliteDialectConfig,
  kysely: Omit<KyselyConfig, 'dialect'> = {},
): { db: Kysely<DB>; dialect: PooledSqliteDialect } {
  const dialect = newDialect(config)
  const db = new Kysely<DB>({ dialect, ...kysely })
  onTestFinished(() => db.destroy())
  return { db, dialect }
}

/** A dialect whose connections are where this run of the tests has them. */
export function newDialect(config: string | PooledSqliteDialectConfig): PooledSqliteDialect {
  const given = typeof config === 'string' ? { url: config } : config
  const isServer = String(given.url).startsWith('http:')
  return new PooledSqliteDialect({ ...(!isServer && { driver: testedDriver, threads }), ...given })
}
