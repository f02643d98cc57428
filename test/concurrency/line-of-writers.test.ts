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
} from '../support/counters.ts'
import { sampled } from '../support/effort.ts'
import { open } from '../support/open.ts'
import { RawLock } from '../support/raw-lock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

async function readAndInsert(db: Kysely<CounterDatabase>, id: number): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await ids(trx)
    await insert(trx, id)
  })
}

const pragmas = { journal_mode: 'wal', synchronous: 'off' }

describe.each([2, 3])('with a QueuePool of %i connections and no overflow', (poolSize) => {
  const small = { poolclass: 'QueuePool', poolSize, maxOverflow: 0, pragmas } as const

  test.each(['statements', 'transactions'])(
    '50 waiting %s neither delay a reader nor overtake each other',
    async (kind) => {
      const { db, dialect } = open<CounterDatabase>({ url: join(temporaryDirectory(), 'app.db'), ...small })
      await createCounters(db)
      const held = await holdWriteLock(db)
      const served: number[] = []
      const writers = Array.from({ length: 50 }, async (_, index) => {
        await (kind === 'statements' ? insert(db, 100 + index) : readAndInsert(db, 100 + index))
        served.push(index)
      })
      await delay(30)
      const reads = await Promise.all(Array.from({ length: 20 }, () => ids(db)))

      for (const read of reads) expect(read).toEqual([1])
      expect(served).toEqual([])
      // The open transaction has the only connection that is out.
      expect(dialect.pool.status()).toMatchObject({ checkedOut: 1, waiting: 0 })
      await held.end()
      await Promise.all(writers)
      expect(served).toEqual(Array.from({ length: 50 }, (_, index) => index))
      expectAllReturned(dialect)
    },
  )
})

/** The value says how many were there before. */
async function insertNumbered(db: Kysely<CounterDatabase>, id: number): Promise<void> {
  await sql`insert into counter select ${id}, count(*) from counter`.execute(db)
}

test('statements and transactions are served in the order in which they came, whatever their kind', async () => {
  const { db } = open<CounterDatabase>({ url: join(temporaryDirectory(), 'app.db'), pragmas })
  await createCounters(db)
  // What the text is, is known from here on.
  await insertNumbered(db, 2)
  const transaction = db.transaction().execute(async () => {
    await delay(50)
  })
  await delay(10)
  const writers = Array.from({ length: 30 }, (_, index) => {
    if (index % 3 === 0) return insertNumbered(db, 100 + index)
    if (index % 3 === 1) return db.transaction().execute((trx) => insertNumbered(trx, 100 + index))
    return db.connection().execute((connection) => insertNumbered(connection, 100 + index))
  })

  await Promise.all([transaction, ...writers])
  const written = await db
    .selectFrom('counter')
    .select('id')
    .where('id', '>=', 100)
    .orderBy('value')
    .execute()
  expect(written.map(({ id }) => id)).toEqual(Array.from({ length: 30 }, (_, index) => 100 + index))
})

test.each(sampled(['QueuePool', 'NullPool', 'StaticPool'] as const))(
  'a long line of writers on a %s that moves on never times out, however long it takes in total',
  async (poolclass) => {
    const { db, dialect } = open<CounterDatabase>({
      url: join(temporaryDirectory(), 'app.db'),
      poolclass,
      pragmas,
      connectArgs: { timeout: 1500 },
    })
    await createCounters(db)
    const start = performance.now()
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        db.transaction().execute(async (trx) => {
          await insert(trx, 100 + index)
          await delay(160)
        }),
      ),
    )
    expect(performance.now() - start).toBeGreaterThan(1800)
    expect(await ids(db)).toHaveLength(13)
    expectAllReturned(dialect)
  },
)

test('a line of writers behind deferred transactions that write one after the other never times out', async () => {
  const { db } = open<CounterDatabase>({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'QueuePool',
    poolSize: 20,
    pragmas,
    transactionMode: 'deferred',
    connectArgs: { timeout: 1500 },
  })
  await createCounters(db)
  await insert(db, 2)
  const transactions = Array.from({ length: 10 }, (_, index) =>
    db.transaction().execute(async (trx) => {
      await insert(trx, 100 + index)
      await delay(160)
    }),
  )
  await delay(20)
  const writers = [insert(db, 3), insert(db, 4)]

  await Promise.all([...transactions, ...writers])
  expect(await ids(db)).toHaveLength(14)
})

test.each(sampled(['QueuePool', 'NullPool', 'StaticPool'] as const))(
  'a PRAGMA that writes, on a %s, goes through in a long line of writers that moves on',
  async (poolclass) => {
    const { db } = open<CounterDatabase>({
      url: join(temporaryDirectory(), 'app.db'),
      poolclass,
      pragmas,
      connectArgs: { timeout: 1500 },
    })
    await createCounters(db)
    await insert(db, 2)
    const write = (index: number): Promise<void> =>
      db.transaction().execute(async (trx) => {
        await insert(trx, 100 + index)
        await delay(160)
      })
    const before = Array.from({ length: 3 }, (_, index) => write(index))
    await delay(20)
    const pragma = sql`pragma user_version = 7`.execute(db)
    await delay(1)
    const after = Array.from({ length: 7 }, (_, index) => write(10 + index))

    await Promise.all([...before, pragma, ...after])
    const { rows } = await sql<{ user_version: number }>`pragma user_version`.execute(db)
    expect(rows).toEqual([{ user_version: 7 }])
  },
)

test('writers that wait while readers have all connections are not told that the database is locked', async () => {
  const { db } = open<CounterDatabase>({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'QueuePool',
    poolSize: 1,
    maxOverflow: 0,
    pragmas,
    connectArgs: { timeout: 100 },
  })
  await createCounters(db)
  await insert(db, 2)
  const reader = db.connection().execute(async (connection) => {
    await ids(connection)
    await delay(300)
  })
  await delay(10)

  await Promise.all([reader, insert(db, 3), insert(db, 4), insert(db, 5)])
  expect(await ids(db)).toEqual([1, 2, 3, 4, 5])
})

test('readers finish while this thread waits for the lock of a connection that the dialect does not know', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const { db } = open<CounterDatabase>({ url, poolclass: 'QueuePool', poolSize: 2, maxOverflow: 0, pragmas })
  await createCounters(db)
  await insert(db, 2)
  const lock = new RawLock(url)
  let written = 0
  const writers = Array.from({ length: 20 }, (_, index) => insert(db, 100 + index).then(() => (written += 1)))
  await delay(20)
  const reads = await Promise.all(Array.from({ length: 20 }, () => ids(db)))

  expect(reads).toHaveLength(20)
  expect(written).toBe(0)
  lock.release()
  await Promise.all(writers)
  expect(await ids(db)).toHaveLength(22)
})
