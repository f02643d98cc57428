import type { PoolClassName, PooledSqliteDialectConfig } from '@poolclass/dialect'
import type { Kysely } from 'kysely'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { onEachOf, run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { Begun } from './begun.ts'
import { CREATOR } from './creators.ts'

const THREAD = 'select thread_id() as id'

let started = 0
const count = (): void => {
  started += 1
}

beforeEach(() => {
  started = 0
  process.on('worker', count)
})

afterEach(() => {
  process.off('worker', count)
})

function database(
  poolclass: PoolClassName,
  threads: number,
  more: Partial<PooledSqliteDialectConfig> = {},
): ReturnType<typeof open<any>> {
  return open<any>({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass,
    threads,
    creator: CREATOR,
    ...more,
  })
}

/** The thread of each row, with how many rows came from it. */
function tally(rows: readonly any[]): number[] {
  const counts = new Map<number, number>()
  for (const { id } of rows.flat()) counts.set(id, (counts.get(id) ?? 0) + 1)
  return [...counts.values()].toSorted()
}

test('a dialect that nobody uses starts no thread', async () => {
  database('QueuePool', 4)
  expect(started).toBe(0)
})

describe('a SingletonThreadPool', () => {
  test('has one connection in each of its threads', async () => {
    const { db, dialect } = database('SingletonThreadPool', 3)
    expect(tally(await onEachOf(db, 3, THREAD))).toEqual([1, 1, 1])
    expect(tally(await onEachOf(db, 3, THREAD))).toEqual([1, 1, 1])
    expect(started).toBe(3)
    expect(dialect.pool.status()).toMatchObject({ size: 3, idle: 3, checkedOut: 0, opened: 3, overflow: 0 })
    expect(dialect.pool.capacity).toBe(3)
  })

  test('has those wait who come when all of its connections are out', async () => {
    const { db, dialect } = database('SingletonThreadPool', 3)
    await onEachOf(db, 3, THREAD)
    const sleeping = Promise.all([1, 2, 3].map(() => run(db, 'select sleep(100)')))
    const [late, later] = [run(db, THREAD), run(db, THREAD)]
    await new Promise(setImmediate)
    expect(dialect.pool.status()).toMatchObject({ checkedOut: 3, waiting: 2, idle: 0 })
    await Promise.all([sleeping, late, later])
    expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, waiting: 0, opened: 3 })
  })

  test('starts one thread where one task follows the other', async () => {
    const { db } = database('SingletonThreadPool', 3)
    for (let round = 0; round < 10; round += 1) await run(db, THREAD)
    expect(started).toBe(1)
  })

  test('gives private memory one connection in one thread', async () => {
    const { db, dialect } = database('SingletonThreadPool', 1, { url: ':memory:' })
    const rows = await Promise.all([1, 2, 3, 4].map(() => run(db, THREAD)))
    expect(tally(rows)).toEqual([4])
    expect(dialect.pool.status()).toMatchObject({ size: 1, opened: 1 })
  })
})

describe('a QueuePool', () => {
  test('spreads its connections over its threads', async () => {
    const { db, dialect } = database('QueuePool', 3, { poolSize: 6 })
    expect(tally(await onEachOf(db, 6, THREAD))).toEqual([2, 2, 2])
    expect(started).toBe(3)
    expect(dialect.pool.status()).toMatchObject({ size: 6, idle: 6, opened: 6 })
  })

  test('starts no more threads than it has connections', async () => {
    const { db } = database('QueuePool', 8, { poolSize: 2, maxOverflow: 0 })
    expect(tally(await onEachOf(db, 2, THREAD))).toEqual([1, 1])
    await Promise.all([1, 2, 3, 4, 5].map(() => run(db, THREAD)))
    expect(started).toBe(2)
  })

  test('fills the place of an overflow connection that was closed', async () => {
    const { db } = database('QueuePool', 2, { poolSize: 1, maxOverflow: 3 })
    expect(tally(await onEachOf(db, 4, THREAD))).toEqual([2, 2])
    expect(tally(await onEachOf(db, 4, THREAD))).toEqual([2, 2])
    expect(started).toBe(2)
  })
})

describe('while one thread is at a long statement, a QueuePool', () => {
  /** Resolves when it has been at it for some time. */
  async function begin(db: Kysely<any>): Promise<{ readonly sleeping: Promise<any[]>; isOver: boolean }> {
    const begun = new Begun()
    const statement = { isOver: false, sleeping: run(db, SLEEP, begun.path) }
    void statement.sleeping.finally(() => (statement.isOver = true))
    await begun.noticed()
    await setTimeout(10)
    return statement
  }

  const SLEEP = 'select sleep_noticed(?, 3000) as slept, thread_id() as id'

  test('lends the connections of the other', async () => {
    const { db } = database('QueuePool', 2, { poolSize: 4 })
    await onEachOf(db, 4, THREAD)
    const long = await begin(db)
    const quick: any[] = []
    for (let round = 0; round < 20; round += 1) quick.push(await run(db, THREAD))
    expect(long.isOver).toBe(false)
    expect(tally([...quick, ...(await long.sleeping)])).toEqual([1, 20])
  })

  test('opens one in the other where only connections of the first are idle', { tags: 'slow' }, async () => {
    const { db, dialect } = database('QueuePool', 2, { poolSize: 4 })
    await onEachOf(db, 4, THREAD)
    const long = await begin(db)
    await db.connection().execute(async (held) => {
      const other = await run(held, THREAD)
      await db.connection().execute(async (heldToo) => {
        expect(await run(heldToo, THREAD)).toEqual(other)
        expect(await run(db, THREAD)).toEqual(other)
      })
    })
    expect([long.isOver, dialect.pool.status().opened]).toEqual([false, 5])
    await long.sleeping
  })

  test('opens its next connection in the other', { tags: 'slow' }, async () => {
    const { db } = database('QueuePool', 2, { poolSize: 4 })
    // Its thread has loaded.
    await run(db, THREAD)
    const long = await begin(db)
    await db.connection().execute(async (held) => {
      const other = await run(held, THREAD)
      expect(await run(db, THREAD)).toEqual(other)
      expect(long.isOver).toBe(false)
    })
    await long.sleeping
  })
})

describe('a NullPool', () => {
  test('stays in one thread where one query follows the other', async () => {
    const { db, dialect } = database('NullPool', 3)
    const rows: any[] = []
    for (let round = 0; round < 10; round += 1) rows.push(await run(db, THREAD))
    expect(tally(rows)).toEqual([10])
    expect(started).toBe(1)
    expect(dialect.pool.status()).toMatchObject({ size: 0, opened: 10, closed: 10 })
  })

  test('spreads over its threads where several come at once', async () => {
    const { db } = database('NullPool', 3)
    expect(tally(await onEachOf(db, 9, THREAD))).toEqual([3, 3, 3])
    expect(started).toBe(3)
  })
})

test('a StaticPool has one connection in one thread, however many there may be', async () => {
  const { db, dialect } = database('StaticPool', 2)
  const rows = await Promise.all([1, 2, 3, 4].map(() => run(db, THREAD)))
  expect(tally(rows)).toEqual([4])
  expect(started).toBe(1)
  expect(dialect.pool.status()).toMatchObject({ size: 1, opened: 1, idle: 1 })
})

test('every thread sees what another one has written', async () => {
  const { db } = database('QueuePool', 3, { url: 'file:placement?mode=memory&cache=shared', poolSize: 3 })
  await run(db, 'create table t as select 7 as a')
  const rows = await onEachOf(db, 3, 'select a, thread_id() as id from t')
  expect(tally(rows)).toEqual([1, 1, 1])
  expect(rows.flat()).toMatchObject([{ a: 7 }, { a: 7 }, { a: 7 }])
})
