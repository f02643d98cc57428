import type { CopyProgress, PooledSqliteDialect } from '@poolclass/dialect'
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
