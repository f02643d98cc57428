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

test('extensions and a key are in JSON as lists and objects', () => {
  const encrypted = {
    url: 'app.db',
    driver: 'better-sqlite3-multiple-ciphers',
    extensions: ['./vec0', { path: './other', entryPoint: 'sqlite3_other_init' }],
    key: { env: 'DATABASE_KEY' },
  }
  assertType<PooledSqliteDialectConfig>(encrypted)
  assertType<PooledSqliteDialectConfig>({ url: 'app.db', extensions: null, key: null })
  assertType<PooledSqliteDialectConfig>({
    url: 'app.db',
    extensions: [new URL('file:///x.so')],
    key: Buffer.of(1),
  })
  // @ts-expect-error -- they are a list
  assertType<PooledSqliteDialectConfig>({ url: 'app.db', extensions: './vec0' })
  // @ts-expect-error -- a number is no key
  assertType<PooledSqliteDialectConfig>({ url: 'app.db', key: 5 })
  // @ts-expect-error -- an entry point belongs to a file
  assertType<PooledSqliteDialectConfig>({ url: 'app.db', extensions: [{ entryPoint: 'x' }] })
})
