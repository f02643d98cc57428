import {
  type Connection,
  type DialectConfigError,
  isSqliteError,
  PooledSqliteDialect,
  type PooledSqliteDialectConfig,
  type PoolClassName,
  type SqliteUrlError,
  type SqliteUrlReason,
} from '@poolclass/dialect'
import { type PoolableConnection, type PoolStatus, QueuePool, SingletonThreadPool } from '@poolclass/pools'
import { assertType, expectTypeOf, test } from 'vitest'

const url = 'app.db'

test('options that the named pool class takes go with it', () => {
  new PooledSqliteDialect({ url, poolclass: 'QueuePool', poolSize: 5, maxOverflow: -1, poolTimeout: 1000 })
  new PooledSqliteDialect({ url, poolclass: 'GenericPool', min: 1, max: 5, poolUseLifo: true })
  new PooledSqliteDialect({ url, poolclass: 'NullPool', poolRecycle: -1, poolResetOnReturn: 'commit' })
  new PooledSqliteDialect({ url, poolclass: QueuePool, poolSize: 5 })
  new PooledSqliteDialect({ url, poolclass: 'StaticPool', poolTimeout: null, poolResetOnReturn: null })
  expectTypeOf(new PooledSqliteDialect({ url, poolclass: 'QueuePool' })).toExtend<PooledSqliteDialect>()
  expectTypeOf(new PooledSqliteDialect(url)).toEqualTypeOf<PooledSqliteDialect>()
})

test('options that the named pool class does not take are type errors', () => {
  // @ts-expect-error -- of QueuePool
  new PooledSqliteDialect({ url, poolclass: 'NullPool', poolSize: 5 })
  // @ts-expect-error -- NullPool lets nobody wait
  new PooledSqliteDialect({ url, poolclass: 'NullPool', poolTimeout: 5 })
  // @ts-expect-error -- of GenericPool
  new PooledSqliteDialect({ url, poolclass: 'QueuePool', min: 1 })
  // @ts-expect-error -- of QueuePool
  new PooledSqliteDialect({ url, poolclass: 'GenericPool', maxOverflow: 1 })
  // @ts-expect-error -- of QueuePool and GenericPool
  new PooledSqliteDialect({ url, poolclass: 'StaticPool', poolUseLifo: true })
  // @ts-expect-error -- threads says how many
  new PooledSqliteDialect({ url, poolclass: 'SingletonThreadPool', poolSize: 2 })
  // @ts-expect-error -- the same by the class itself
  new PooledSqliteDialect({ url, poolclass: SingletonThreadPool, poolSize: 2 })
  // @ts-expect-error -- the same by the class itself
  new PooledSqliteDialect({ url, poolclass: QueuePool, min: 1 })
  // @ts-expect-error -- the same in a config of its own
  assertType<PooledSqliteDialectConfig<'NullPool'>>({ url, poolclass: 'NullPool', poolSize: 5 })
})

test('other mistakes in a config that names its pool class are type errors, too', () => {
  // @ts-expect-error -- there is no such key
  new PooledSqliteDialect({ url, poolclass: 'QueuePool', poolsize: 5 })
  // @ts-expect-error -- nor this one
  new PooledSqliteDialect({ url, poolclass: 'QueuePool', connectArgs: { timeot: 5 } })
  // @ts-expect-error -- it is a number
  new PooledSqliteDialect({ url, poolclass: 'QueuePool', poolSize: '5' })
})

test('a pool class that is computed goes with all options, and is judged at run time', () => {
  const name = 'QueuePool' as PoolClassName
  new PooledSqliteDialect({ url, poolclass: name, poolSize: 5, min: 1 })
  const text: string = name
  new PooledSqliteDialect({ url, poolclass: text, poolSize: 5 })
  const isServer = Math.random() < 0.5
  new PooledSqliteDialect({ url, poolclass: isServer ? 'QueuePool' : 'StaticPool', poolTimeout: 5 })
  new PooledSqliteDialect({ url, poolclass: isServer ? 'QueuePool' : null, poolSize: isServer ? 5 : null })
  new PooledSqliteDialect({ url, ...(isServer && { poolclass: 'QueuePool', poolSize: 5 }) })
  const config: PooledSqliteDialectConfig = { url, poolclass: name, poolSize: 5 }
  new PooledSqliteDialect(config)
})

test('one config serves tests in memory and production', () => {
  const config = {
    url: process.env['DATABASE_URL'] ?? 'file:test?mode=memory&cache=shared',
    poolclass: 'QueuePool',
    poolSize: 5,
    pragmas: { journal_mode: 'wal' },
  } as const
  new PooledSqliteDialect(config)
  assertType<PooledSqliteDialectConfig>(config)
})

test('a pool class of your own has the options that its constructor takes', () => {
  class OwnPool<C extends PoolableConnection> extends QueuePool<C> {}
  new PooledSqliteDialect({ url, poolclass: OwnPool, poolSize: 2 })
  // @ts-expect-error -- a QueuePool takes none
  new PooledSqliteDialect({ url, poolclass: OwnPool, min: 2 })
})

test('events, statuses and errors of the dialect are typed', () => {
  const dialect = new PooledSqliteDialect({ url, poolclass: 'QueuePool' })
  dialect.pool.on('checkout', (connection) => {
    expectTypeOf(connection).toEqualTypeOf<Connection>()
  })
  // @ts-expect-error -- there is no such event
  dialect.pool.on('open', () => {})
  expectTypeOf(dialect.pool.status()).toEqualTypeOf<PoolStatus>()
  expectTypeOf<DialectConfigError['code']>().toEqualTypeOf<'POOLCLASS_CONFIG'>()
  expectTypeOf<SqliteUrlError['reason']>().toEqualTypeOf<SqliteUrlReason>()
  const error: unknown = undefined
  if (isSqliteError(error, 'SQLITE_BUSY')) expectTypeOf(error.code).toEqualTypeOf<string>()
})
