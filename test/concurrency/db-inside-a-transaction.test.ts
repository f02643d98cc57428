import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { PoolAssertionError, type PooledSqliteDialectConfig, PoolTimeoutError } from '@poolclass/dialect'
import { type Kysely, sql } from 'kysely'
import { describe, expect, test, vi } from 'vitest'
import {
  type CounterDatabase,
  createCounters,
  expectAllReturned,
  holdWriteLock,
  ids,
  insert,
} from '../support/counters.ts'
import { sampled } from '../support/effort.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { isLocked } from '../support/raw-lock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { collectWarnings } from '../support/warnings.ts'

const CODE = 'POOLCLASS_NESTED_USE'
const pragmas = { journal_mode: 'wal', synchronous: 'off' }

function file(): string {
  return join(temporaryDirectory(), 'app.db')
}

/** A transaction that is awaited: V8 knows of an asynchronous caller only then. */
async function holdUntil(end: Promise<void>, db: Kysely<CounterDatabase>, begun: () => void): Promise<void> {
  await db.transaction().execute(() => {
    begun()
    return end
  })
}

/** What follows runs before the second of two timers that are due, and below Node.js's own functions. */
async function firstOfTwoTimers(): Promise<void> {
  const first = Promise.withResolvers<void>()
  setTimeout(first.resolve, 5)
  setTimeout(() => {}, 5)
  const due = performance.now() + 20
  while (performance.now() < due);
  await first.promise
}

/** The process has warned once, though what it warns of may have failed already on a busy machine. */
async function expectOne(warnings: readonly Error[]): Promise<void> {
  await vi.waitFor(() => expect(warnings).toHaveLength(1), { timeout: 20_000, interval: 1 })
}

const SINGLE: readonly (readonly [string, () => PooledSqliteDialectConfig])[] = [
  ['a StaticPool in memory', () => ({ url: ':memory:', poolclass: 'StaticPool' })],
  ['a SingletonThreadPool in memory', () => ({ url: ':memory:', poolclass: 'SingletonThreadPool' })],
  ['a StaticPool on shared memory', () => ({ url: 'file:nested?mode=memory&cache=shared' })],
  ['a StaticPool on a file', () => ({ url: file(), poolclass: 'StaticPool' })],
  ['a SingletonThreadPool on a file', () => ({ url: file(), poolclass: 'SingletonThreadPool' })],
  ['a QueuePool of one', () => ({ url: file(), poolclass: 'QueuePool', poolSize: 1, maxOverflow: 0 })],
]

describe.each(sampled(SINGLE, 3))('with %s', (_, config) => {
  test('a read through db inside db.transaction() warns at once, then times out and shows where the transaction was begun', async () => {
    const { db, dialect } = open<CounterDatabase>({ ...config(), poolTimeout: 200 })
    await createCounters(db)
    const warnings = collectWarnings(CODE)
    const transaction = db.transaction().execute(async (trx) => {
      await insert(trx, 2)
      const nested = ids(db)
      nested.catch(() => {})
      await expectOne(warnings)
      await nested
    })
    const failure = await failureOf(transaction)

    expect(failure).toBeInstanceOf(PoolTimeoutError)
    expect(failure.message).toContain('db-inside-a-transaction.test.ts')
    expect(warnings).toHaveLength(1)
    expect(warnings[0]?.message).toContain('db.transaction()')
    expect((warnings[0] as Error & { detail?: string }).detail).toContain('db-inside-a-transaction.test.ts')
    expect(await ids(db)).toEqual([1])
    await db.transaction().execute((trx) => insert(trx, 3))
    expect(await ids(db)).toEqual([1, 3])
    expectAllReturned(dialect)
  })

  test('the place is shown, too, where the transaction was begun between two timers, and frames of Node.js lie below', async () => {
    const { db } = open<CounterDatabase>({ ...config(), poolTimeout: 10 })
    await createCounters(db)
    collectWarnings(CODE)
    await firstOfTwoTimers()
    const nestedRead = db.transaction().execute(() => ids(db))
    const { message } = await failureOf(nestedRead)

    expect(message).toContain('runNextTicks')
    expect(message).toContain('db-inside-a-transaction.test.ts')
  })

  test.each(['statement', 'transaction'])(
    'a %s that writes through db inside db.transaction() warns at once, then fails and shows where the transaction was begun',
    async (kind) => {
      const { db, dialect } = open<CounterDatabase>({
        ...config(),
        poolTimeout: 200,
        connectArgs: { timeout: 200 },
      })
      await createCounters(db)
      await insert(db, 2)
      const warnings = collectWarnings(CODE)
      const transaction = db.transaction().execute(async (trx) => {
        await insert(trx, 3)
        const nested =
          kind === 'statement' ? insert(db, 4) : db.transaction().execute((inner) => insert(inner, 4))
        nested.catch(() => {})
        await expectOne(warnings)
        await nested
      })
      const failure = await failureOf(transaction)

      expect(['POOL_TIMEOUT', 'SQLITE_BUSY']).toContain(failure.code)
      expect(failure.message).toContain('db-inside-a-transaction.test.ts')
      expect(await ids(db)).toEqual([1, 2])
      await insert(db, 5)
      expect(await ids(db)).toEqual([1, 2, 5])
      expectAllReturned(dialect)
    },
  )

  test('others that wait for the connection of a transaction are no reason to warn', async () => {
    const { db } = open<CounterDatabase>(config())
    await createCounters(db)
    const warnings = collectWarnings(CODE)
    const transaction = await holdWriteLock(db)
    const others = [ids(db), insert(db, 2), db.transaction().execute((trx) => insert(trx, 3))]
    await delay(50)
    await transaction.end()
    await Promise.all(others)
    await delay(10)

    expect(warnings).toEqual([])
  })

  test('code that was started inside a transaction and goes on after its end may use db', async () => {
    const { db } = open<CounterDatabase>(config())
    await createCounters(db)
    const warnings = collectWarnings(CODE)
    const ended = Promise.withResolvers<void>()
    let afterwards: Promise<unknown> | undefined
    await db.transaction().execute(async (trx) => {
      await insert(trx, 2)
      afterwards = (async () => {
        await ended.promise
        const other = holdWriteLock(db)
        const reading = ids(db)
        await (await other).end()
        return reading
      })()
    })
    ended.resolve()

    expect(await afterwards).toEqual([1, 2])
    await delay(10)
    expect(warnings).toEqual([])
  })
})

test('with an AssertionPool, db inside db.transaction() fails at once and shows where the transaction was begun', async () => {
  const { db, dialect } = open<CounterDatabase>({ url: ':memory:', poolclass: 'AssertionPool' })
  await createCounters(db)
  const failure = await failureOf(
    db.transaction().execute(async (trx) => {
      await insert(trx, 2)
      await ids(db)
    }),
  )

  expect(failure).toBeInstanceOf(PoolAssertionError)
  expect(failure.message).toContain('db-inside-a-transaction.test.ts')
  expect(await ids(db)).toEqual([1])
  expectAllReturned(dialect)
})

test('with an AssertionPool on a file, a write through db inside db.transaction() fails at once, too', async () => {
  const { db } = open<CounterDatabase>({
    url: file(),
    poolclass: 'AssertionPool',
    connectArgs: { timeout: 300 },
  })
  await createCounters(db)
  await insert(db, 2)
  const failure = await failureOf(
    db.transaction().execute(async (trx) => {
      await insert(trx, 3)
      await insert(db, 4)
    }),
  )

  expect(failure).toBeInstanceOf(PoolAssertionError)
})

test('an AssertionPool shows where a query was sent between two timers, though frames of Node.js lie below', async () => {
  const { db } = open<CounterDatabase>({ url: file(), poolclass: 'AssertionPool' })
  await createCounters(db)
  await ids(db)
  await firstOfTwoTimers()
  const first = ids(db)
  const { message } = await failureOf(ids(db))
  await first

  expect(message).toContain('runNextTicks')
  expect(message).toContain('counters.ts')
})

describe.each(['NullPool', 'QueuePool'] as const)('with a %s on a file', (poolclass) => {
  const config = (timeout = 200) => ({ url: file(), poolclass, pragmas, connectArgs: { timeout } })

  test.each(['statement', 'transaction'])(
    'a %s that writes through db inside db.transaction() warns at once, then raises SQLITE_BUSY and shows where the transaction was begun',
    async (kind) => {
      const options = config()
      const { db, dialect } = open<CounterDatabase>(options)
      await createCounters(db)
      const warnings = collectWarnings(CODE)
      const failure = await failureOf(
        db.transaction().execute(async (trx) => {
          await insert(trx, 2)
          const nested =
            kind === 'statement' ? insert(db, 3) : db.transaction().execute((inner) => insert(inner, 3))
          nested.catch(() => {})
          await expectOne(warnings)
          await nested
        }),
      )

      expect(failure.name).toBe('SqliteError')
      expect(failure.code).toBe('SQLITE_BUSY')
      expect(failure.message).toMatch(/^database is locked/)
      expect(failure.message).toContain('db-inside-a-transaction.test.ts')
      expect(warnings).toHaveLength(1)
      expect(await ids(db)).toEqual([1])
      await insert(db, 4)
      expect(await ids(db)).toEqual([1, 4])
      expectAllReturned(dialect)
      expect(isLocked(options.url)).toBe(false)
    },
  )

  test('a nested write that is not waited for goes through when the transaction has ended', async () => {
    const { db } = open<CounterDatabase>(config(5000))
    await createCounters(db)
    let nested: Promise<unknown> | undefined
    await db.transaction().execute(async (trx) => {
      await insert(trx, 2)
      nested = insert(db, 3)
      await delay(20)
    })
    await nested

    expect(await ids(db)).toEqual([1, 2, 3])
  })

  test('reads through db inside db.transaction() are allowed and do not see what is not committed', async () => {
    const { db } = open<CounterDatabase>(config())
    await createCounters(db)
    const warnings = collectWarnings(CODE)
    const read = await db.transaction().execute(async (trx) => {
      await insert(trx, 2)
      return ids(db)
    })
    await delay(10)

    expect(read).toEqual([1])
    expect(warnings).toEqual([])
  })

  test('the error of a writer that only waits too long shows where the transaction in its way was begun', async () => {
    const { db } = open<CounterDatabase>(config())
    await createCounters(db)
    const warnings = collectWarnings(CODE)
    const [begun, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const transaction = holdUntil(end.promise, db, begun.resolve)
    await begun.promise
    const failure = await failureOf(insert(db, 2))
    end.resolve()

    expect(failure.code).toBe('SQLITE_BUSY')
    expect(failure.message).toContain('db-inside-a-transaction.test.ts')
    await transaction
    expect(warnings).toEqual([])
  })

  test('concurrent transactions do not inherit each other’s context', async () => {
    const { db } = open<CounterDatabase>(config(5000))
    await createCounters(db)
    const warnings = collectWarnings(CODE)
    // The second one and the statements start while the first one is open, and wait for it.
    const both = [10, 20].map((id) =>
      db.transaction().execute(async (trx) => {
        await insert(trx, id)
        await delay(50)
        await insert(trx, id + 1)
      }),
    )
    await delay(20)
    await Promise.all([...both, insert(db, 30), db.transaction().execute((trx) => insert(trx, 40))])

    expect(await ids(db)).toEqual([1, 10, 11, 20, 21, 30, 40])
    expect(warnings).toEqual([])
  })
})

test('a QueuePool where others may free a connection does not warn of a nested read that waits', async () => {
  const { db } = open<CounterDatabase>({
    url: file(),
    poolclass: 'QueuePool',
    poolSize: 2,
    maxOverflow: 0,
    pragmas,
  })
  await createCounters(db)
  const warnings = collectWarnings(CODE)
  const other = db.connection().execute(async (connection) => {
    await ids(connection)
    await delay(100)
  })
  await delay(10)
  const read = await db.transaction().execute(async (trx) => {
    await insert(trx, 2)
    return ids(db)
  })
  await other

  expect(read).toEqual([1])
  expect(warnings).toEqual([])
})

test('nested reads of as many transactions as a QueuePool has connections warn, because none can go on', async () => {
  const { db, dialect } = open<CounterDatabase>({
    url: file(),
    poolclass: 'QueuePool',
    poolSize: 2,
    maxOverflow: 0,
    poolTimeout: 200,
    pragmas,
    transactionMode: 'deferred',
  })
  await createCounters(db)
  const warnings = collectWarnings(CODE)
  const bothHaveRead = Promise.withResolvers<void>()
  let readers = 0
  const nested = (): Promise<unknown> =>
    db.transaction().execute(async (trx) => {
      await ids(trx)
      readers += 1
      if (readers === 2) bothHaveRead.resolve()
      await bothHaveRead.promise
      await ids(db)
    })
  const outcomes = await Promise.allSettled([nested(), nested()])

  expect(outcomes.map(({ status }) => status)).toContain('rejected')
  expect(warnings).not.toEqual([])
  expect(await ids(db)).toEqual([1])
  expectAllReturned(dialect)
})

test('a transaction of one database inside one of another is no nested use', async () => {
  const one = open<CounterDatabase>({ url: ':memory:' })
  const other = open<CounterDatabase>({ url: ':memory:' })
  await createCounters(one.db)
  await createCounters(other.db)
  const warnings = collectWarnings(CODE)
  await one.db.transaction().execute(async (trx) => {
    await insert(trx, 2)
    const held = await holdWriteLock(other.db)
    const waiting = insert(other.db, 2)
    await delay(20)
    await held.end()
    await waiting
  })
  await delay(10)

  expect(warnings).toEqual([])
  expect(await ids(other.db)).toEqual([1, 2])
})

test('a read through db inside a write transaction on shared memory, which waits for that transaction, warns at once', async () => {
  const { db } = open<CounterDatabase>({
    url: 'file:nested-read?mode=memory&cache=shared',
    poolclass: 'QueuePool',
    connectArgs: { timeout: 200 },
  })
  await createCounters(db)
  const warnings = collectWarnings(CODE)
  const failure = await failureOf(
    db.transaction().execute(async (trx) => {
      await insert(trx, 2)
      await sql`select * from counter`.execute(db)
    }),
  )

  expect(failure.code).toBe('SQLITE_BUSY')
  expect(warnings).toHaveLength(1)
})
