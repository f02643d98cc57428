import { PooledSqliteDialect, QueuePool, SingletonThreadPool, StaticPool } from '@poolclass/dialect'
import { expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { failureOf } from '../support/failure.ts'
import { run, thrownBy } from '../support/statements.ts'
import config from './db.json' with { type: 'json' }
import defaults from './defaults.json' with { type: 'json' }

test('a config that is imported from JSON means what it says', async () => {
  const { db, dialect } = open(config)
  expect(dialect.pool).toBeInstanceOf(StaticPool)
  expect(await run(db, 'pragma cache_size')).toEqual([{ cache_size: -2000n }])
})

test('null means the default, in every place', async () => {
  const { db, dialect } = open(defaults)
  expect(dialect.pool).toBeInstanceOf(SingletonThreadPool)
  expect(await run(db, 'pragma foreign_keys')).toEqual([{ foreign_keys: 1 }])
  for (const key of ['connectArgs', 'pragmas']) {
    expect(() => new PooledSqliteDialect({ url: 'app.db', [key]: null })).not.toThrow()
  }
})

test('a url that is null is missing', () => {
  expect(thrownBy(() => new PooledSqliteDialect({ url: null } as never)).message).toMatch(/needs a url/)
})

test('poolResetOnReturn: null is no default but a value, as in SQLAlchemy', async () => {
  const { dialect } = open({ url: 'app.db', poolclass: QueuePool, poolResetOnReturn: null })
  expect(dialect.pool).toBeInstanceOf(QueuePool)
  const { db } = open({ url: ':memory:', poolResetOnReturn: null })
  await db.connection().execute(async (connection) => {
    await run(connection, 'begin')
    await run(connection, 'create table t (a)')
  })
  await run(db, 'insert into t values (1)')
  expect(await failureOf(run(db, 'begin'))).toMatchObject({
    message: expect.stringContaining('within a transaction'),
  })
  await run(db, 'commit')
})
