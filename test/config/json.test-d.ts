import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { assertType, expectTypeOf, test } from 'vitest'
import config from './db.json' with { type: 'json' }
import defaults from './defaults.json' with { type: 'json' }

test('a config that is imported from JSON type-checks', () => {
  assertType<PooledSqliteDialectConfig>(config)
  assertType<PooledSqliteDialectConfig>(defaults)
  expectTypeOf(PooledSqliteDialect).toBeConstructibleWith(config)
  expectTypeOf(PooledSqliteDialect).toBeConstructibleWith({ ...defaults, ...config })
})

test('so does the config of one in TypeScript, whose keys and values are checked', () => {
  assertType<PooledSqliteDialectConfig>({ url: 'app.db', poolclass: 'QueuePool', poolSize: 3 })
  // @ts-expect-error -- it is a pool class or the name of one
  assertType<PooledSqliteDialectConfig>({ url: 'app.db', poolclass: 1 })
  // @ts-expect-error -- there is no such key
  assertType<PooledSqliteDialectConfig>({ url: 'app.db', pool_size: 1 })
  // @ts-expect-error -- numbers are no text
  assertType<PooledSqliteDialectConfig>({ url: 'app.db', poolSize: '3' })
})
