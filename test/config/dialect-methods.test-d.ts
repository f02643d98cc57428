import {
  type CopyProgress,
  type DatabaseCheck,
  PooledSqliteDialect,
  type PooledSqliteDialectConfig,
  serverConfig,
} from '@poolclass/dialect'
import type { Database } from 'better-sqlite3'
import type { DatabaseConnection } from 'kysely'
import { expectTypeOf, test } from 'vitest'

declare const dialect: PooledSqliteDialect

test('withConnection lends a connection of Kysely and a handle of the type that its user says', () => {
  expectTypeOf(
    dialect.withConnection((connection, handle: Database) => {
      expectTypeOf(connection).toEqualTypeOf<DatabaseConnection>()
      return handle.serialize()
    }),
  ).toEqualTypeOf<Promise<Buffer>>()
  expectTypeOf(dialect.withConnection(async () => 1)).toEqualTypeOf<Promise<number>>()
})

test('a handle of no type is unknown', () => {
  void dialect.withConnection((_connection, handle) => {
    expectTypeOf(handle).toBeUnknown()
  })
})

test('backup takes a path or a URL, and options', () => {
  expectTypeOf(dialect.backup).parameter(0).toEqualTypeOf<string | URL>()
  expectTypeOf(
    dialect.backup('backup.db', {
      onProgress: (progress) => expectTypeOf(progress).toEqualTypeOf<CopyProgress>(),
      overwrite: true,
      pagesPerStep: 100,
      signal: undefined,
    }),
  ).toEqualTypeOf<Promise<void>>()
  // @ts-expect-error -- there is no such option
  void dialect.backup('backup.db', { progress: () => {} })
})

test('restore takes a path or a URL', () => {
  expectTypeOf(dialect.restore).parameters.toEqualTypeOf<[source: string | URL]>()
})

test('check takes a signal and returns what it has found', () => {
  expectTypeOf(dialect.check()).toEqualTypeOf<Promise<DatabaseCheck>>()
  expectTypeOf(dialect.check({ signal: AbortSignal.timeout(1) })).toEqualTypeOf<Promise<DatabaseCheck>>()
  expectTypeOf<NonNullable<DatabaseCheck['locks']>['writer']>().toEqualTypeOf<
    'nobody' | 'this thread' | 'another'
  >()
  // What a server does not tell is absent.
  expectTypeOf<DatabaseCheck['journalMode']>().toEqualTypeOf<string | undefined>()
})

test('serverConfig takes any key but the URL, and gives a config', () => {
  expectTypeOf(
    serverConfig('app.db', { threads: 2, pragmas: { cache_size: '64MB' }, transactionTimeout: 0 }),
  ).toEqualTypeOf<PooledSqliteDialectConfig>()
  void new PooledSqliteDialect(serverConfig(new URL('file:///srv/app.db')))
  // @ts-expect-error -- the URL is the first argument
  serverConfig('app.db', { url: 'other.db' })
  // @ts-expect-error -- a size has no place here
  serverConfig('app.db', { slowQueryThreshold: '1s' })
})

test('the limits are numbers, for every pool class, or null from a JSON file', () => {
  const limits = {
    leakDetectionThreshold: 5000,
    transactionTimeout: 10_000,
    statementTimeout: 5000,
    slowQueryThreshold: null,
    optimize: true,
  }
  void new PooledSqliteDialect({ url: 'app.db', ...limits })
  void new PooledSqliteDialect({ url: 'app.db', poolclass: 'QueuePool', ...limits })
  void new PooledSqliteDialect({ url: ':memory:', poolclass: 'StaticPool', ...limits })
  // @ts-expect-error -- it is no time
  void new PooledSqliteDialect({ url: 'app.db', statementTimeout: true })
})
