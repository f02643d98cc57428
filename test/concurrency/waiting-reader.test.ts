import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import {
  type CounterDatabase,
  createCounters,
  expectAllReturned,
  holdWriteLock,
  ids,
  insert,
  rowsOf,
} from '../support/counters.ts'
import { failureOf } from '../support/failure.ts'
import { HELD, Heartbeat } from '../support/heartbeat.ts'
import { open } from '../support/open.ts'
import { isLocked } from '../support/raw-lock.ts'
import { stopwatch } from '../support/stopwatch.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** A stream that has given its first row and keeps its lock. It has too many rows for any thread to read them ahead. */
async function openStream(db: Kysely<CounterDatabase>): Promise<AsyncIterableIterator<unknown>> {
  const many = sql`(with recursive n (i) as (select 1 union all select i + 1 from n limit 10000) select i from n)`
  const stream = db
    .selectFrom(['counter', many.as('many')])
    .select('counter.id')
    .stream(1)
  await stream.next()
  return stream
}

describe.each(['NullPool', 'QueuePool'] as const)('on shared memory with a %s', (poolclass) => {
  const config = (name: string, timeout = 5000) =>
    ({
      url: `file:${name}-${poolclass}?mode=memory&cache=shared`,
      poolclass,
      connectArgs: { timeout },
    }) as const

  test('readers wait for an open write transaction, asynchronously, and see what it committed', async () => {
    const { db, dialect } = open<CounterDatabase>(config('readers'))
    await createCounters(db)
    const transaction = await holdWriteLock(db, (trx) => insert(trx, 2))
    const heartbeat = new Heartbeat()
    let finished = 0
    const readers = Array.from({ length: 5 }, async () => {
      const read = await ids(db)
      finished += 1
      return read
    })
    await delay(HELD)
    expect(finished).toBe(0)
    await transaction.end()

    for (const read of await Promise.all(readers)) expect(read).toEqual([1, 2])
    await heartbeat.expectRegular()
    expectAllReturned(dialect)
  })

  test('a stream waits for an open write transaction, too', async () => {
    const { db, dialect } = open<CounterDatabase>(config('streams'))
    await createCounters(db)
    const transaction = await holdWriteLock(db, (trx) => insert(trx, 2))
    const reading = rowsOf(db.selectFrom('counter').select('id').orderBy('id').stream(1))
    await delay(50)
    await transaction.end()

    expect(await reading).toEqual([{ id: 1 }, { id: 2 }])
    expectAllReturned(dialect)
  })

  test('a reader that waits for longer than the busy timeout is told SQLITE_BUSY', async () => {
    const { db, dialect } = open<CounterDatabase>(config('impatient', 100))
    await createCounters(db)
    const transaction = await holdWriteLock(db, (trx) => insert(trx, 2))
    const failure = await failureOf(ids(db))

    expect(failure.code).toBe('SQLITE_BUSY')
    expect(failure.message).toMatch(/^database is locked.* \d+ ms/)
    await transaction.end()
    expect(await ids(db)).toEqual([1, 2])
    expectAllReturned(dialect)
  })

  test('a write waits for an open stream and succeeds when the stream ends', async () => {
    const { db, dialect } = open<CounterDatabase>(config('stream-write'))
    await createCounters(db, 3)
    const stream = await openStream(db)
    let written = false
    const write = insert(db, 4).finally(() => {
      written = true
    })
    await delay(50)
    expect(written).toBe(false)
    await stream.return?.()
    await write
    expect(await ids(db)).toEqual([1, 2, 3, 4])
    expectAllReturned(dialect)
  })
})

describe.each(['NullPool', 'QueuePool'] as const)('in rollback-journal mode with a %s', (poolclass) => {
  const pragmas = { journal_mode: 'delete', synchronous: 'off' }

  test('readers do not wait for a transaction that has not committed yet', async () => {
    const { db } = open<CounterDatabase>({ url: join(temporaryDirectory(), 'app.db'), poolclass, pragmas })
    await createCounters(db)
    const transaction = await holdWriteLock(db, (trx) => insert(trx, 2))

    expect(await ids(db)).toEqual([1])
    await transaction.end()
    expect(await ids(db)).toEqual([1, 2])
  })

  test('readers wait for an exclusive transaction, asynchronously', async () => {
    const { db, dialect } = open<CounterDatabase>({
      url: join(temporaryDirectory(), 'app.db'),
      poolclass,
      pragmas,
      transactionMode: 'exclusive',
    })
    await createCounters(db)
    const heartbeat = new Heartbeat()
    const transaction = await holdWriteLock(db, (trx) => insert(trx, 2))
    let finished = false
    const reader = ids(db).finally(() => {
      finished = true
    })
    await delay(HELD)
    expect(finished).toBe(false)
    await transaction.end()

    expect(await reader).toEqual([1, 2])
    await heartbeat.expectRegular()
    expectAllReturned(dialect)
  })

  test('a commit that an open stream refuses is repeated, and succeeds when the stream ends', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    const { db, dialect } = open<CounterDatabase>({ url, poolclass, pragmas })
    await createCounters(db, 3)
    const stream = await openStream(db)
    const heartbeat = new Heartbeat()
    let committed = false
    let runs = 0
    const transaction = db
      .transaction()
      .execute(async (trx) => {
        runs += 1
        await insert(trx, 4)
      })
      .finally(() => {
        committed = true
      })
    await delay(HELD)
    expect(committed).toBe(false)
    await heartbeat.expectRegular()
    expect(await rowsOf(stream)).toHaveLength(29_999)
    await transaction

    expect(runs).toBe(1)
    expect(await ids(db)).toEqual([1, 2, 3, 4])
    expectAllReturned(dialect)
    expect(isLocked(url)).toBe(false)
  })

  test('a commit that an open stream refuses for too long fails, rolls back and leaves no lock', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    const { db, dialect } = open<CounterDatabase>({ url, poolclass, pragmas, connectArgs: { timeout: 100 } })
    await createCounters(db, 3)
    const stream = await openStream(db)
    const failure = await failureOf(db.transaction().execute((trx) => insert(trx, 4)))

    expect(failure.code).toBe('SQLITE_BUSY')
    expect(failure.message).toMatch(/^database is locked.* \d+ ms/)
    expect(await rowsOf(stream)).toHaveLength(29_999)
    expect(await ids(db)).toEqual([1, 2, 3])
    await insert(db, 5)
    expectAllReturned(dialect)
    expect(isLocked(url)).toBe(false)
  })
})

describe.each(['NullPool', 'QueuePool'] as const)('in WAL mode with a %s', (poolclass) => {
  const pragmas = { journal_mode: 'wal', synchronous: 'off' }

  test('a deferred transaction that reads, and writes after somebody else has, is told why at once', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    const { db, dialect } = open<CounterDatabase>({ url, poolclass, pragmas, transactionMode: 'deferred' })
    await createCounters(db)
    const transaction = db.transaction().execute(async (trx) => {
      await ids(trx)
      // By somebody who has nothing to do with this transaction.
      await insert(db, 2)
      await insert(trx, 3)
    })
    const taken = stopwatch()
    const failure = await failureOf(transaction)

    expect(taken()).toBeLessThan(1000)
    expect(failure.code).toBe('SQLITE_BUSY_SNAPSHOT')
    expect(failure.message).toMatch(/^database is locked.*began with a read.*immediate/s)
    expect(await ids(db)).toEqual([1, 2])
    expectAllReturned(dialect)
    expect(isLocked(url)).toBe(false)
  })

  test('a row can be written for each row of an open stream', async () => {
    const { db, dialect } = open<CounterDatabase>({
      url: join(temporaryDirectory(), 'app.db'),
      poolclass,
      pragmas,
    })
    await createCounters(db, 3)
    for await (const { id } of db.selectFrom('counter').select('id').stream(1)) await insert(db, id + 100)

    expect(await ids(db)).toEqual([1, 2, 3, 101, 102, 103])
    expectAllReturned(dialect)
  })
})

test('of two deferred transactions that have both read and want to write, one goes through', async () => {
  const { db } = open<CounterDatabase>({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'QueuePool',
    pragmas: { journal_mode: 'delete', synchronous: 'off' },
    transactionMode: 'deferred',
    connectArgs: { timeout: 1500 },
  })
  await createCounters(db)
  const bothHaveRead = Promise.withResolvers<void>()
  let readers = 0
  const readAndInsert = (id: number): Promise<void> =>
    db.transaction().execute(async (trx) => {
      await ids(trx)
      readers += 1
      if (readers === 2) bothHaveRead.resolve()
      await bothHaveRead.promise
      await insert(trx, id)
    })
  const outcomes = await Promise.allSettled([readAndInsert(2), readAndInsert(3)])

  // SQLite refuses one of the two, so that the other can commit; both to fail would be a deadlock.
  expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
})
