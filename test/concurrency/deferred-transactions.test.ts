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
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { isLocked, RawLock } from '../support/raw-lock.ts'
import { silentConsole } from '../support/silent-console.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const CASES = (['wal', 'delete'] as const).flatMap((journal_mode) =>
  (['NullPool', 'QueuePool'] as const).map((poolclass) => ({ journal_mode, poolclass })),
)

describe.each(CASES)(
  'deferred, on a $poolclass in journal mode $journal_mode,',
  ({ poolclass, journal_mode }) => {
    async function database() {
      const url = join(temporaryDirectory(), 'app.db')
      const pragmas = { journal_mode, synchronous: 'off' }
      const opened = open<CounterDatabase>({ url, poolclass, pragmas, transactionMode: 'deferred' })
      await createCounters(opened.db)
      return { ...opened, url }
    }

    test('a transaction that has read keeps its write lock after a constraint error', async () => {
      const { db, dialect, url } = await database()
      const order: string[] = []
      let other: Promise<unknown> | undefined
      await db.transaction().execute(async (trx) => {
        expect(await ids(trx)).toEqual([1])
        expect((await failureOf(insert(trx, 1))).code).toBe('SQLITE_CONSTRAINT_PRIMARYKEY')
        other = insert(db, 2).then(() => order.push('the other writer succeeds'))
        await delay(50)
        await insert(trx, 3)
        await delay(50)
        order.push('the transaction ends')
      })
      await other
      expect(order).toEqual(['the transaction ends', 'the other writer succeeds'])
      expect(await ids(db)).toEqual([1, 2, 3])
      expectAllReturned(dialect)
      expect(isLocked(url)).toBe(false)
    })

    test("two transactions that begin with a statement which cannot be prepared are not in each other's way", async () => {
      const { db, dialect } = await database()
      const bothFailed = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const transactions = bothFailed.map(({ resolve }, n) =>
        db.transaction().execute(async (trx) => {
          expect(await failureOf(sql`select * from nowhere`.execute(trx))).toMatchObject({
            code: 'SQLITE_ERROR',
          })
          resolve()
          await Promise.all(bothFailed.map(({ promise }) => promise))
          await insert(trx, 10 + n)
        }),
      )
      await Promise.all(transactions)
      expect(await ids(db)).toEqual([1, 10, 11])
      expectAllReturned(dialect)
    })

    test('a transaction can write after a statement that cannot be prepared, although others have written since', async () => {
      const { db } = await database()
      await db.transaction().execute(async (trx) => {
        await failureOf(sql`select * from nowhere`.execute(trx))
        await insert(db, 2)
        expect(await ids(db)).toEqual([1, 2])
        await insert(trx, 3)
      })
      expect(await ids(db)).toEqual([1, 2, 3])
    })

    test('a transaction prepares by the schema of now, and takes its own changes of it back', async () => {
      const { db } = await database()
      await db.connection().execute(async (idle) => {
        await sql`create table a (x)`.execute(idle)
        await sql`create index i on a (x)`.execute(idle)
        await sql`drop index i`.execute(db)
        const failing = idle.transaction().execute(async (trx) => {
          await sql`create index i on a (x)`.execute(trx)
          await sql`create table b (x)`.execute(trx)
          await failureOf(sql`select * from nowhere`.execute(trx))
          await sql`insert into b values (1)`.execute(trx)
          throw new Error('changed my mind')
        })
        expect((await failureOf(failing)).message).toBe('changed my mind')
        await sql`create table c (x)`.execute(db)
        await sql`create table b (y)`.execute(idle)
        await sql`create index i on a (x)`.execute(idle)
        const { rows } = await sql`select name from sqlite_schema where name in ('a', 'b', 'c', 'i')`.execute(
          idle,
        )
        expect(rows).toHaveLength(4)
        expect((await sql`pragma integrity_check`.execute(idle)).rows).toEqual([{ integrity_check: 'ok' }])
      })
    })

    test.each([
      ['a savepoint', ['savepoint a']],
      ['a savepoint that is released', ['savepoint a', 'release a']],
      ['a savepoint that is rolled back to', ['savepoint "a b"', '/* no read */ rollback to "a b"']],
    ])(
      'a transaction that began with %s waits for another writer, as one that has not read',
      async (_, texts) => {
        const { db, dialect, url } = await database()
        const writer = await holdWriteLock(db, (trx) => insert(trx, 2))
        const order: string[] = []
        const waiting = db.transaction().execute(async (trx) => {
          // oxlint-disable-next-line no-await-in-loop -- one after the other
          for (const text of texts) await sql.raw(text).execute(trx)
          await insert(trx, 3)
          order.push('the second writer succeeds')
        })
        waiting.catch(() => {})
        await delay(50)
        order.push('the first writer ends')
        await writer.end()
        await waiting
        expect(order).toEqual(['the first writer ends', 'the second writer succeeds'])
        expect(await ids(db)).toEqual([1, 2, 3])
        expectAllReturned(dialect)
        expect(isLocked(url)).toBe(false)
      },
    )

    test('a transaction that began with a read which could not be prepared waits for another writer', async () => {
      const { db, dialect } = await database()
      await sql`create table gone (x)`.execute(db)
      await sql`select * from gone`.execute(db)
      await sql`drop table gone`.execute(db)
      const writer = await holdWriteLock(db, (trx) => insert(trx, 2))
      const waiting = db.transaction().execute(async (trx) => {
        await failureOf(sql`select * from gone`.execute(trx))
        await insert(trx, 3)
      })
      waiting.catch(() => {})
      await delay(50)
      await writer.end()
      await waiting
      expect(await ids(db)).toEqual([1, 2, 3])
      expectAllReturned(dialect)
    })

    test('a transaction that began with a read which failed on its way is refused when it writes beside another writer', async () => {
      const { db, dialect } = await database()
      const writer = await holdWriteLock(db, (trx) => insert(trx, 2))
      const start = performance.now()
      const refused = db.transaction().execute(async (trx) => {
        const failing = sql`select abs(-9223372036854775807 - id) from counter`.execute(trx)
        expect((await failureOf(failing)).message).toBe('integer overflow')
        await insert(trx, 3)
      })
      expect((await failureOf(refused)).message).toContain('the transaction began with a read')
      expect(performance.now() - start).toBeLessThan(3000)
      await writer.end()
      expect(await ids(db)).toEqual([1, 2])
      expectAllReturned(dialect)
    })

    test.each(['commits', 'fails', 'is lost'])(
      'a transaction waits for another writer whatever an earlier one on its connection has read, which %s',
      async (end) => {
        const { db, dialect } = await database()
        await db.connection().execute(async (connection) => {
          const earlier = connection.transaction().execute(async (trx) => {
            await ids(trx)
            await insert(trx, 2)
            if (end === 'fails') throw new Error('changed my mind')
            if (end === 'is lost') await sql`insert or rollback into counter values (1, 0)`.execute(trx)
          })
          await earlier.catch(() => {})
          const writer = await holdWriteLock(db, (trx) => insert(trx, 3))
          const waiting = connection.transaction().execute((trx) => insert(trx, 4))
          waiting.catch(() => {})
          await delay(50)
          await writer.end()
          await waiting
        })
        expect(await ids(db)).toEqual(end === 'commits' ? [1, 2, 3, 4] : [1, 3, 4])
        expectAllReturned(dialect)
      },
    )

    test("a transaction that began with Kysely's savepoint waits for another writer", async () => {
      const { db, dialect } = await database()
      const writer = await holdWriteLock(db, (trx) => insert(trx, 2))
      const trx = await db.startTransaction().execute()
      const saved = await trx.savepoint('here').execute()
      const write = insert(saved, 3)
      write.catch(() => {})
      await delay(50)
      await writer.end()
      await write
      await trx.commit().execute()
      expect(await ids(db)).toEqual([1, 2, 3])
      expectAllReturned(dialect)
    })

    test('a read before a savepoint still counts as a read', async () => {
      const { db } = await database()
      const writer = await holdWriteLock(db, (trx) => insert(trx, 2))
      const reader = db.transaction().execute(async (trx) => {
        await ids(trx)
        await sql`savepoint a`.execute(trx)
        await insert(trx, 3)
      })
      expect((await failureOf(reader)).message).toContain('began with a read')
      await writer.end()
      expect(await ids(db)).toEqual([1, 2])
    })

    test('a transaction that began with a pragma that reads is refused when it writes beside another writer, which commits', async () => {
      const { db, dialect, url } = await database()
      const trx = await db.startTransaction().execute()
      await sql`pragma main.user_version`.execute(trx)
      const writer = await holdWriteLock(db, (other) => insert(other, 2))
      const failure = await failureOf(insert(trx, 3))
      expect(failure.message).toContain('began with a read')
      expect(failure.code).toMatch(/^SQLITE_BUSY/)
      await trx.rollback().execute()
      await writer.end()
      expect(await ids(db)).toEqual([1, 2])
      expectAllReturned(dialect)
      expect(isLocked(url)).toBe(false)
    })
  },
)

/** Writes that cannot be prepared behind the texts in the last column, although each text is known to write. */
const UNPREPARABLE: readonly (readonly [string, string, readonly string[]])[] = [
  ['creates a table that exists', 'create table a (x)', ['create table a (x)']],
  ['adds a column that exists', 'alter table counter add column a', ['alter table counter add column a']],
  [
    'creates an index that exists',
    'create index a on counter (value)',
    ['create index a on counter (value)'],
  ],
  ['drops a table that is gone', 'drop table a', ['create table a (x)', 'drop table a']],
  [
    'inserts into a table that is gone',
    'insert into a values (1)',
    ['create table a (x)', 'insert into a values (1)', 'drop table a'],
  ],
  [
    'inserts into a table that is gone, with returning',
    'insert into a values (1) returning x',
    ['create table a (x)', 'insert into a values (1) returning x', 'drop table a'],
  ],
]

/** What can refuse the first write of a deferred transaction, which then does not have SQLite's lock. */
const REFUSALS: readonly (readonly [string, (world: Refused) => Promise<void>])[] = [
  [
    'a lock of another process',
    async ({ trx, url }) => {
      const lock = new RawLock(url)
      expect((await failureOf(insert(trx, 3))).code).toBe('SQLITE_BUSY')
      lock.release()
    },
  ],
  [
    'a signal that ends its wait',
    async ({ trx, url }) => {
      const lock = new RawLock(url)
      const write = trx
        .insertInto('counter')
        .values({ id: 3, value: 0 })
        .execute({ signal: AbortSignal.timeout(20) })
      expect((await failureOf(write)).name).toBe('TimeoutError')
      // Kysely rejects while an attempt may still be under way, which must not find the lock free. What is sent next waits for it.
      await sql`savepoint later`.execute(trx)
      lock.release()
    },
  ],
  [
    'what somebody else has written since its first read',
    async ({ trx, url }) => {
      await ids(trx)
      const other = new RawLock(url)
      other.database.exec('update counter set value = 7; commit')
      expect((await failureOf(insert(trx, 3))).code).toBe('SQLITE_BUSY_SNAPSHOT')
    },
  ],
  [
    'the access mode',
    async ({ trx }) => {
      await sql`pragma query_only = on`.execute(trx)
      expect((await failureOf(insert(trx, 3))).code).toBe('SQLITE_READONLY')
    },
  ],
]

interface Refused {
  trx: Kysely<CounterDatabase>
  url: string
}

describe.each(['NullPool', 'QueuePool'] as const)('deferred, on a %s, a transaction', (poolclass) => {
  test.each(REFUSALS)(
    'whose first write is refused by %s lets the others of its thread write before it ends',
    async (_, refuse) => {
      const url = join(temporaryDirectory(), 'app.db')
      const { db, dialect } = open<CounterDatabase>({
        url,
        poolclass,
        pragmas: { journal_mode: 'wal', synchronous: 'off' },
        transactionMode: 'deferred',
        connectArgs: { timeout: 300 },
      })
      silentConsole()
      await createCounters(db)
      await insert(db, 2)
      const trx = await db.startTransaction().execute()
      await refuse({ trx, url })
      await insert(db, 4)
      await trx.rollback().execute()
      expect(await ids(db)).toEqual([1, 2, 4])
      expectAllReturned(dialect)
      expect(isLocked(url)).toBe(false)
    },
  )

  test.each(UNPREPARABLE)(
    'whose first write cannot be prepared, because it %s, is as it was before it',
    async (_, text, before) => {
      const url = join(temporaryDirectory(), 'app.db')
      const { db, dialect } = open<CounterDatabase>({
        url,
        poolclass,
        pragmas: { journal_mode: 'wal', synchronous: 'off' },
        transactionMode: 'deferred',
        connectArgs: { timeout: 300, statementCacheSize: 0 },
      })
      await createCounters(db)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      for (const earlier of before) await sql.raw(earlier).execute(db)
      const trx = await db.startTransaction().execute()
      expect((await failureOf(sql.raw(text).execute(trx))).code).toBe('SQLITE_ERROR')
      expect(isLocked(url)).toBe(false)
      await insert(db, 2)
      await insert(trx, 3)
      await trx.commit().execute()
      expect(await ids(db)).toEqual([1, 2, 3])
      expectAllReturned(dialect)
      expect(isLocked(url)).toBe(false)
    },
  )

  test('that was refused and then goes through has the write lock until it ends', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    const { db } = open<CounterDatabase>({
      url,
      poolclass,
      pragmas: { journal_mode: 'wal', synchronous: 'off' },
      transactionMode: 'deferred',
      connectArgs: { timeout: 300 },
    })
    await createCounters(db)
    const trx = await db.startTransaction().execute()
    const lock = new RawLock(url)
    expect((await failureOf(insert(trx, 3))).code).toBe('SQLITE_BUSY')
    lock.release()
    await insert(trx, 3)
    expect((await failureOf(insert(trx, 3))).code).toBe('SQLITE_CONSTRAINT_PRIMARYKEY')
    const failure = await failureOf(insert(db, 4))
    expect(failure.message).toContain('a connection of this thread kept its lock')
    await trx.commit().execute()
    await insert(db, 4)
    expect(await ids(db)).toEqual([1, 3, 4])
  })
})

test('a deferred transaction whose write fails as it runs, because the cached statement is older than the schema, keeps the lock that SQLite has', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const { db } = open<CounterDatabase>({
    url,
    poolclass: 'QueuePool',
    pragmas: { journal_mode: 'wal', synchronous: 'off' },
    transactionMode: 'deferred',
  })
  await createCounters(db)
  for (const text of ['create table a (x)', 'insert into a values (1)', 'drop table a']) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await sql.raw(text).execute(db)
  }
  const order: string[] = []
  const trx = await db.startTransaction().execute()
  expect((await failureOf(sql`insert into a values (1)`.execute(trx))).code).toBe('SQLITE_ERROR')
  expect(isLocked(url)).toBe(true)
  const other = insert(db, 2).then(() => order.push('the other writer succeeds'))
  await delay(50)
  await insert(trx, 3)
  order.push('the transaction has written')
  await trx.commit().execute()
  await other
  expect(order).toEqual(['the transaction has written', 'the other writer succeeds'])
  expect(await ids(db)).toEqual([1, 2, 3])
})
