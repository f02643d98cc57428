import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import { describe, expect, test } from 'vitest'
import { type CounterDatabase, createCounters, expectAllReturned, ids, insert } from '../support/counters.ts'
import { open } from '../support/open.ts'
import { isLocked } from '../support/raw-lock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const pragmas = { journal_mode: 'wal', synchronous: 'off' }

const LAST_CONNECTION: readonly (readonly [string, Omit<PooledSqliteDialectConfig, 'url'>])[] = [
  ['a StaticPool', { poolclass: 'StaticPool', poolTimeout: 1000 }],
  ['a SingletonThreadPool', { poolclass: 'SingletonThreadPool', poolTimeout: 1000 }],
  ['a QueuePool of one', { poolclass: 'QueuePool', poolSize: 1, maxOverflow: 0, poolTimeout: 1000 }],
]

describe.each(LAST_CONNECTION)('whoever holds the connection of %s in db.connection()', (_, config) => {
  test('can write although a writer that came later waits for the connection', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    const { db, dialect } = open<CounterDatabase>({ url, ...config, pragmas, connectArgs: { timeout: 1000 } })
    await createCounters(db)
    // What the text is, is known from here on: the next writer joins the line before it asks for a connection.
    await insert(db, 2)
    const holder = db.connection().execute(async (connection) => {
      await ids(connection)
      await delay(20)
      await insert(connection, 3)
    })
    await delay(10)
    const writer = insert(db, 4)

    await Promise.all([holder, writer])
    expect(await ids(db)).toEqual([1, 2, 3, 4])
    expectAllReturned(dialect)
    expect(isLocked(url)).toBe(false)
  })
})

test('deferred transactions that have all connections of a pool can write although a writer waits for one', async () => {
  const { db, dialect } = open<CounterDatabase>({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'QueuePool',
    poolSize: 2,
    maxOverflow: 0,
    poolTimeout: 1000,
    pragmas,
    transactionMode: 'deferred',
    connectArgs: { timeout: 1000 },
  })
  await createCounters(db)
  await insert(db, 2)
  const transactions = [10, 20].map((id) =>
    db.transaction().execute(async (trx) => {
      await delay(20)
      await insert(trx, id)
    }),
  )
  await delay(10)

  await Promise.all([...transactions, insert(db, 3)])
  expect(await ids(db)).toEqual([1, 2, 3, 10, 20])
  expectAllReturned(dialect)
})
