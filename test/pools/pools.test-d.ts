import {
  AssertionPool,
  type ConnectionRecord,
  type ConnectOptions,
  GenericPool,
  NullPool,
  Pool,
  type PoolClass,
  type PooledConnection,
  type PoolError,
  type PoolOptionError,
  type PoolOptions,
  type PoolOptionsOf,
  type PoolStatus,
  type PoolTimeoutError,
  QueuePool,
  type ResolvedPoolOptions,
  SingletonThreadPool,
  StaticPool,
} from '@poolclass/pools'
import { expectTypeOf, test } from 'vitest'

class Connection {
  close(): void {}
  run(): number {
    return 1
  }
}

test('all six classes are pool classes', () => {
  expectTypeOf([SingletonThreadPool, StaticPool, NullPool, QueuePool, GenericPool, AssertionPool]).toExtend<
    PoolClass[]
  >()
})

test('a pool lends connections of the type that its creator makes', () => {
  const pool = new QueuePool(async () => new Connection())
  expectTypeOf(pool).toEqualTypeOf<QueuePool<Connection>>()
  expectTypeOf(pool).toExtend<Pool<Connection>>()
  expectTypeOf(pool.connect).returns.toEqualTypeOf<Promise<PooledConnection<Connection>>>()
  expectTypeOf(pool.recreate()).toEqualTypeOf<QueuePool<Connection>>()
  expectTypeOf<PooledConnection<Connection>['connection']>().toEqualTypeOf<Connection>()
  expectTypeOf(pool.status()).toEqualTypeOf<PoolStatus>()
})

test('a listener is told what its event is about', () => {
  new StaticPool(() => new Connection())
    .on('connect', (connection, details) => {
      expectTypeOf(connection).toEqualTypeOf<Connection>()
      expectTypeOf(details.pool).toEqualTypeOf<Pool<Connection>>()
    })
    .on('invalidate', (_connection, { error }) => {
      expectTypeOf(error).toBeUnknown()
    })
})

test('all pools of a class can be listened to, by listeners that name their type of connection', () => {
  expectTypeOf(QueuePool.on('connect', (_connection: Connection) => {})).toEqualTypeOf<typeof QueuePool>()
  expectTypeOf(Pool.off('reset', (_, { reason }) => void reason)).toEqualTypeOf<typeof Pool>()
  const poolEvents = { checkout: (_connection: Connection) => {} }
  expectTypeOf(new QueuePool(() => new Connection(), { poolEvents })).toEqualTypeOf<QueuePool<Connection>>()
})

test('what cannot be closed cannot be pooled', () => {
  // @ts-expect-error -- a number has no close()
  expectTypeOf(new StaticPool(() => 1)).not.toBeAny()
})

test('there are no other events and no other options', () => {
  const pool = new StaticPool(() => new Connection())
  // @ts-expect-error -- there is no such event
  expectTypeOf(pool.on('open', () => {})).not.toBeAny()
  // @ts-expect-error -- there is no such option
  expectTypeOf(new QueuePool(() => new Connection(), { poolsize: 1 })).not.toBeAny()
})

test('optional values may be undefined', () => {
  expectTypeOf<{ signal: undefined; onWait: undefined }>().toExtend<ConnectOptions>()
})

test('a pool class can look at a slot, and change nothing in it', () => {
  expectTypeOf<ConnectionRecord<Connection>>().toEqualTypeOf<{
    readonly connection: Connection | undefined
    readonly holder: Error | undefined
  }>()
})

test('poolResetOnReturn may be a boolean, as in SQLAlchemy, and a pool class sees what it means', () => {
  expectTypeOf<PoolOptions['poolResetOnReturn']>().toEqualTypeOf<
    'rollback' | 'commit' | boolean | null | undefined
  >()
  expectTypeOf<ResolvedPoolOptions['poolResetOnReturn']>().toEqualTypeOf<'rollback' | 'commit' | null>()
})

const connect = (): Connection => new Connection()

test('the constructor of a class takes the options of that class alone', () => {
  new QueuePool(connect, { poolSize: 1, maxOverflow: 0, poolUseLifo: true, poolTimeout: 1 })
  new NullPool(connect, { poolRecycle: 1, poolPrePing: true })
  // @ts-expect-error -- nobody waits
  new NullPool(connect, { poolTimeout: 1 })
  // @ts-expect-error -- nobody waits
  new AssertionPool(connect, { poolTimeout: 1 })
  // @ts-expect-error -- there is one connection
  new StaticPool(connect, { poolSize: 1 })
  // @ts-expect-error -- of GenericPool
  new QueuePool(connect, { max: 1 })
  // @ts-expect-error -- of QueuePool
  new GenericPool(connect, { poolSize: 1 })
  // @ts-expect-error -- it does not grow
  new SingletonThreadPool(connect, { maxOverflow: 1 })
  expectTypeOf<PoolOptionsOf<typeof StaticPool>>().toExtend<{ poolTimeout?: number | undefined }>()
})

test('an error says by its class what it knows, and by its code which it is', () => {
  expectTypeOf<PoolTimeoutError>().toExtend<PoolError>()
  expectTypeOf<PoolTimeoutError['code']>().toEqualTypeOf<'POOL_TIMEOUT'>()
  expectTypeOf<PoolTimeoutError['waited']>().toEqualTypeOf<number>()
  expectTypeOf<PoolOptionError['code']>().toEqualTypeOf<'POOL_OPTION'>()
  expectTypeOf<PoolOptionError['option']>().toEqualTypeOf<string>()
})
