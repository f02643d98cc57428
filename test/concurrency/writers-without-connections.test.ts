// @module-tag slow-in-threads

import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type PooledSqliteDialectConfig, PoolTimeoutError } from '@poolclass/dialect'
import type { Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import {
  type CounterDatabase,
  createCounters,
  expectAllReturned,
  holdWriteLock,
  ids,
  insert,
  untilAllReturned,
} from '../support/counters.ts'
import { sampled } from '../support/effort.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { RawLock } from '../support/raw-lock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const pragmas = { journal_mode: 'wal', synchronous: 'off' }

/** Holds a connection, without writing, until it is told to stop. */
async function holdConnection(db: Kysely<CounterDatabase>): Promise<() => Promise<void>> {
  const stop = Promise.withResolvers<void>()
  const has = Promise.withResolvers<void>()
  const holder = db.connection().execute(async (connection) => {
    await ids(connection)
    has.resolve()
    await stop.promise
  })
  await has.promise
  return () => {
    stop.resolve()
    return holder
  }
}

const POOLS_OF_ONE: readonly Omit<PooledSqliteDialectConfig, 'url'>[] = [
  { poolclass: 'QueuePool', poolSize: 1, maxOverflow: 0 },
  { poolclass: 'GenericPool', max: 1 },
  { poolclass: 'StaticPool' },
  { poolclass: 'SingletonThreadPool' },
]

describe.each(POOLS_OF_ONE)('where nobody writes, and the connection of a $poolclass is out,', (pool) => {
  const config = (more: object = {}): PooledSqliteDialectConfig => ({
    url: join(temporaryDirectory(), 'app.db'),
    pragmas,
    ...pool,
    ...more,
  })

  test.each(sampled(['statements', 'transactions', 'statements of unknown kind']))(
    'no writer waits longer than the time-out of the pool, however many %s wait before it',
    async (kind) => {
      const { db, dialect } = open<CounterDatabase>(config({ poolTimeout: 300 }))
      await createCounters(db)
      const write = (id: number): Promise<unknown> => {
        if (kind === 'statements') return insert(db, id)
        if (kind === 'transactions') return db.transaction().execute((trx) => insert(trx, id))
        return db
          .insertInto('counter')
          .values([
            { id, value: 0 },
            { id: -id, value: 0 },
          ])
          .execute()
      }
      const release = await holdConnection(db)
      const start = performance.now()
      const waited = await Promise.all(
        Array.from({ length: 40 }, async (_, index) => {
          expect(await failureOf(write(100 + index))).toBeInstanceOf(PoolTimeoutError)
          return performance.now() - start
        }),
      )
      // One after the other they would take 12 s.
      expect(Math.max(...waited)).toBeLessThan(4000)
      await release()
      await insert(db, 2)
      expect(await ids(db)).toEqual([1, 2])
      expectAllReturned(dialect)
    },
  )

  test('the writers of another dialect on that file write', async () => {
    const { url, ...rest } = config()
    const { db } = open<CounterDatabase>({ url, ...rest })
    const { db: other } = open<CounterDatabase>({ url, poolclass: 'QueuePool', pragmas })
    await createCounters(db)
    await insert(db, 2)
    await insert(other, 3)
    const release = await holdConnection(db)
    const waiting = [insert(db, 4), insert(db, 5)]
    await Promise.all([
      insert(other, 6),
      other.transaction().execute((trx) => insert(trx, 7)),
      other.connection().execute((connection) => insert(connection, 8)),
    ])
    expect(await ids(other)).toEqual([1, 2, 3, 6, 7, 8])
    await release()
    await Promise.all(waiting)
    expect(await ids(db)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  test('a writer that gives up leaves nothing behind, and the others keep their order', async () => {
    const { db, dialect } = open<CounterDatabase>(config())
    await createCounters(db)
    await insert(db, 2)
    const release = await holdConnection(db)
    const controller = new AbortController()
    const served: number[] = []
    const left: Error[] = []
    const writers = Array.from({ length: 12 }, async (_, index) => {
      const write = db.insertInto('counter').values({ id: 100 + index, value: 0 })
      if (index % 3 === 0) {
        left.push(await failureOf(write.execute({ signal: controller.signal })))
      } else {
        await write.execute()
        served.push(index)
      }
    })
    await delay(20)
    controller.abort(new Error('gone'))
    await release()
    await Promise.all(writers)
    expect(left).toEqual(Array(4).fill(controller.signal.reason))
    expect(served).toEqual([1, 2, 4, 5, 7, 8, 10, 11])
    expect(await ids(db)).toEqual([1, 2, ...served.map((index) => 100 + index)])
    await untilAllReturned(dialect)
  })

  test('a writer is not kept waiting by another dialect that writes all the time while its own reads all the time', async () => {
    const { url, ...rest } = config()
    const { db } = open<CounterDatabase>({ url, ...rest })
    const { db: other } = open<CounterDatabase>({ url, poolclass: 'QueuePool', pragmas })
    await createCounters(db, 2)
    await Promise.all([insert(db, 10), insert(other, 11)])
    const stop = new AbortController()
    let written = 0
    const busy = async (work: () => Promise<unknown>): Promise<void> => {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      while (!stop.signal.aborted) await work()
    }
    const load = [
      ...Array.from({ length: 4 }, () =>
        busy(() => db.connection().execute((connection) => ids(connection).then(() => delay(1)))),
      ),
      ...Array.from({ length: 4 }, () =>
        busy(() =>
          other.transaction().execute(async (trx) => {
            await trx.updateTable('counter').set({ value: 1 }).where('id', '=', 2).execute()
            await delay(1)
            written += 1
          }),
        ),
      ),
    ]
    await delay(50)
    const before = written
    for (let id = 100; id < 110; id += 1) await insert(db, id)
    stop.abort()
    await Promise.all(load)
    expect(await ids(db)).toHaveLength(14)
    // Those of the other dialect that came before it, and those that came while its pool had no connection.
    expect(written - before).toBeLessThan(600)
  })
})

test('writers get their connections in the order in which they came, and leave them to the readers while one writes', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const { db, dialect } = open<CounterDatabase>({
    url,
    poolclass: 'QueuePool',
    poolSize: 3,
    maxOverflow: 0,
    pragmas,
  })
  await createCounters(db)
  await insert(db, 2)
  const releases = await Promise.all([holdConnection(db), holdConnection(db), holdConnection(db)])
  const served: number[] = []
  const begun = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  const writers = Array.from({ length: 50 }, (_, index) =>
    db.transaction().execute(async (trx) => {
      await insert(trx, 100 + index)
      served.push(index)
      begun.resolve()
      if (index === 0) await end.promise
    }),
  )
  await delay(50)
  await Promise.all(releases.map((release) => release()))
  await begun.promise
  // Of three connections, one writes and at most one waits for the lock.
  await Promise.all(Array.from({ length: 10 }, () => ids(db)))
  expect(served).toEqual([0])
  expect(dialect.pool.status()).toMatchObject({ checkedOut: 2, waiting: 0 })
  end.resolve()
  await Promise.all(writers)
  expect(served).toEqual(Array.from({ length: 50 }, (_, index) => index))
  expectAllReturned(dialect)
})

test('a writer that waits without a connection is not overtaken for ever by those who have one', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const { db } = open<CounterDatabase>({ url, poolclass: 'QueuePool', pragmas })
  await createCounters(db, 2)
  await insert(db, 10)
  const stop = new AbortController()
  const holders = Array.from({ length: 3 }, () =>
    db.connection().execute(async (connection) => {
      while (!stop.signal.aborted) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
        await connection.transaction().execute(async (trx) => {
          await trx.updateTable('counter').set({ value: 1 }).where('id', '=', 2).execute()
          await delay(1)
        })
      }
    }),
  )
  await delay(20)
  for (let id = 100; id < 120; id += 1) await insert(db, id)
  stop.abort()
  await Promise.all(holders)
  expect(await ids(db)).toHaveLength(23)
})

test('writers whose connections cannot be opened fail together, not one after the other', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  await createCounters(open<CounterDatabase>({ url, pragmas: { journal_mode: 'delete' } }).db)
  const { db, dialect } = open<CounterDatabase>({ url, pragmas, connectArgs: { timeout: 400 } })
  const lock = new RawLock(url, 'begin exclusive')
  const start = performance.now()
  const waited = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const write = db.transaction().execute((trx) => insert(trx, 100 + index))
      expect((await failureOf(write)).code).toBe('SQLITE_BUSY')
      return performance.now() - start
    }),
  )
  // One after the other they would take 8 s.
  expect(Math.max(...waited)).toBeLessThan(4000)
  lock.release()
  await insert(db, 2)
  expect(await ids(db)).toEqual([1, 2])
  expectAllReturned(dialect)
})

/** Two writers of a dialect that waits for the end of `onCreateConnection`, and another dialect on that file. */
async function opening() {
  const url = join(temporaryDirectory(), 'app.db')
  const connectArgs = { timeout: 200 }
  const { db } = open<CounterDatabase>({
    url,
    poolclass: 'QueuePool',
    pragmas,
    connectArgs,
    transactionMode: 'deferred',
  })
  await createCounters(db)
  await insert(db, 2)
  const isOpen = Promise.withResolvers<void>()
  const { db: slow } = open<CounterDatabase>({
    url,
    connectArgs,
    onCreateConnection: () => isOpen.promise,
  })
  const writes = [insert(slow, 3), insert(slow, 4)]
  await delay(20)
  return {
    db,
    async finish(): Promise<number[]> {
      isOpen.resolve()
      await Promise.all(writes)
      return await ids(db)
    },
  }
}

describe('while a connection to write with takes long to open,', () => {
  test('another writer writes when its busy timeout has passed, and is not told that the database is locked', async () => {
    const { db, finish } = await opening()
    await insert(db, 5)
    expect(await finish()).toEqual([1, 2, 3, 4, 5])
  })

  test('a deferred transaction that has read writes at once', async () => {
    const { db, finish } = await opening()
    await db.transaction().execute(async (trx) => {
      expect(await ids(trx)).toEqual([1, 2])
      await insert(trx, 5)
    })
    expect(await finish()).toEqual([1, 2, 3, 4, 5])
  })
})

test('a writer that has its connection by now goes before one that came later and has none yet', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const connectArgs = { timeout: 600_000 }
  const { db } = open<CounterDatabase>({
    url,
    poolclass: 'QueuePool',
    poolSize: 1,
    maxOverflow: 0,
    pragmas,
    connectArgs,
  })
  await createCounters(db)
  await insert(db, 2)
  const isOpen = Promise.withResolvers<void>()
  const { db: slow } = open<CounterDatabase>({ url, connectArgs, onCreateConnection: () => isOpen.promise })
  const release = await holdConnection(db)
  const first = insert(db, 3)
  const second = slow.transaction().execute((trx) => insert(trx, 4))
  await delay(20)
  await release()
  await first
  expect(await ids(db)).toEqual([1, 2, 3])
  isOpen.resolve()
  await second
  expect(await ids(db)).toEqual([1, 2, 3, 4])
})

test('a writer that came back for its turn is told who keeps the lock, when its busy timeout has passed', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const { db, dialect } = open<CounterDatabase>({
    url,
    poolclass: 'QueuePool',
    poolSize: 1,
    maxOverflow: 0,
    pragmas,
    connectArgs: { timeout: 300 },
  })
  const { db: other } = open<CounterDatabase>({ url, poolclass: 'QueuePool', pragmas })
  await createCounters(db)
  await insert(db, 2)
  const release = await holdConnection(db)
  const waiting = failureOf(insert(db, 3))
  const held = await holdWriteLock(other)
  await release()
  const failure = await waiting
  expect(failure.code).toBe('SQLITE_BUSY')
  expect(failure.message).toContain('a connection of this thread kept its lock')
  await held.end()
  await insert(db, 4)
  expect(await ids(db)).toEqual([1, 2, 4])
  expectAllReturned(dialect)
})
