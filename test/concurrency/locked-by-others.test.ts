import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import {
  type CounterDatabase,
  createCounters,
  expectAllReturned,
  ids,
  insert,
  journalMode,
} from '../support/counters.ts'
import { sampled } from '../support/effort.ts'
import { failureOf } from '../support/failure.ts'
import { HELD, Heartbeat } from '../support/heartbeat.ts'
import { open } from '../support/open.ts'
import { isLocked, RawLock } from '../support/raw-lock.ts'
import { ScriptProcess } from '../support/script-process.ts'
import { stopwatch } from '../support/stopwatch.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

interface Lock {
  release(): Promise<void> | void
}

const HOLDERS: readonly (readonly [who: string, lock: (filename: string) => Promise<Lock>])[] = [
  ['a plain connection of this thread', async (filename) => new RawLock(filename)],
  [
    'another process',
    async (filename) => {
      const holder = new ScriptProcess('concurrency/scripts/hold-lock.ts', [filename])
      await holder.hasPrinted(1)
      return {
        release: async () => {
          holder.tell('release')
          await holder.ended()
        },
      }
    },
  ],
]

describe.each(HOLDERS)('while %s has the write lock', (_, lock) => {
  describe.each(sampled(['delete', 'wal']))('in journal mode %s', (journal_mode) => {
    const pragmas = { journal_mode, synchronous: 'off' }

    test.each(['NullPool', 'QueuePool', 'StaticPool'] as const)(
      'a write on a %s waits for the busy timeout without blocking, then raises SQLITE_BUSY with the time waited',
      async (poolclass) => {
        const url = join(temporaryDirectory(), 'app.db')
        const { db, dialect } = open<CounterDatabase>({
          url,
          poolclass,
          pragmas,
          connectArgs: { timeout: HELD },
        })
        await createCounters(db)
        const held = await lock(url)
        const heartbeat = new Heartbeat()
        const start = performance.now()
        const taken = stopwatch()
        const failure = await failureOf(insert(db, 2))

        expect(failure.name).toBe('SqliteError')
        expect(failure.code).toBe('SQLITE_BUSY')
        expect(failure.message).toMatch(/^database is locked/)
        expect(Number(/(\d+) ms/.exec(failure.message)?.[1])).toBeGreaterThanOrEqual(HELD)
        expect(performance.now() - start).toBeGreaterThanOrEqual(HELD - 1)
        expect(taken()).toBeLessThan(HELD + 1000)
        await heartbeat.expectRegular()
        expectAllReturned(dialect)
        await held.release()
        await insert(db, 3)
        expect(await ids(db)).toEqual([1, 3])
        expect(isLocked(url)).toBe(false)
      },
    )

    test('statements, transactions and PRAGMAs go through when the lock is released in time', async () => {
      const url = join(temporaryDirectory(), 'app.db')
      const { db, dialect } = open<CounterDatabase>({ url, poolclass: 'QueuePool', pragmas })
      await createCounters(db)
      const held = await lock(url)
      const heartbeat = new Heartbeat()
      let done = 0
      const writes = [
        insert(db, 2),
        db.transaction().execute((trx) => insert(trx, 3)),
        db.connection().execute((connection) => insert(connection, 4)),
        sql`pragma user_version = 7`.execute(db),
      ].map(async (write) => {
        await write
        done += 1
      })
      await delay(HELD)
      expect(done).toBe(0)
      await held.release()
      await Promise.all(writes)

      expect(await ids(db)).toEqual([1, 2, 3, 4])
      const { rows } = await sql<{ user_version: number }>`pragma user_version`.execute(db)
      expect(rows).toEqual([{ user_version: 7 }])
      await heartbeat.expectRegular()
      expectAllReturned(dialect)
    })
  })

  test('a PRAGMA that writes raises SQLITE_BUSY after the busy timeout', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    const { db, dialect } = open<CounterDatabase>({ url, connectArgs: { timeout: 100 } })
    await createCounters(db)
    const held = await lock(url)
    const failure = await failureOf(sql`pragma user_version = 7`.execute(db))

    expect(failure.code).toBe('SQLITE_BUSY')
    expect(failure.message).toMatch(/^database is locked.* \d+ ms/)
    expectAllReturned(dialect)
    await held.release()
  })

  test('a config pragma that needs the lock waits for it as a connection is opened', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    const before = open<CounterDatabase>({ url, pragmas: { journal_mode: 'delete' } })
    await createCounters(before.db)
    const held = await lock(url)
    const { db, dialect } = open<CounterDatabase>({ url, pragmas: { journal_mode: 'wal' } })
    const heartbeat = new Heartbeat()
    let opened = false
    const reading = ids(db).finally(() => {
      opened = true
    })
    await delay(HELD)
    expect(opened).toBe(false)
    await held.release()

    expect(await reading).toEqual([1])
    expect(await journalMode(db)).toBe('wal')
    await heartbeat.expectRegular()
    expectAllReturned(dialect)
  })

  test('a config pragma that never gets the lock raises SQLITE_BUSY after the busy timeout', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    await createCounters(open<CounterDatabase>({ url, pragmas: { journal_mode: 'delete' } }).db)
    const held = await lock(url)
    const { db, dialect } = open<CounterDatabase>({
      url,
      pragmas: { journal_mode: 'wal' },
      connectArgs: { timeout: 100 },
    })
    const failure = await failureOf(ids(db))

    expect(failure.code).toBe('SQLITE_BUSY')
    expect(failure.message).toMatch(/^database is locked.* \d+ ms/)
    expectAllReturned(dialect)
    await held.release()
    expect(await ids(db)).toEqual([1])
  })
})

test('what onCreateConnection runs waits for a lock like any statement', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  await createCounters(open<CounterDatabase>({ url, pragmas: { journal_mode: 'wal' } }).db)
  const lock = new RawLock(url)
  const { db } = open<CounterDatabase>({
    url,
    onCreateConnection: async (connection) => {
      await connection.executeQuery(sql`create table if not exists visit (at)`.compile(db))
    },
  })
  const reading = ids(db)
  reading.catch(() => {})
  await delay(100)
  lock.release()

  expect(await reading).toEqual([1])
})

test('a session setting is replayed on another connection once the lock in its way is released', async () => {
  const directory = temporaryDirectory()
  const attached = join(directory, 'attached.db')
  await createCounters(open<CounterDatabase>({ url: attached, pragmas: { journal_mode: 'delete' } }).db)
  const { db } = open<CounterDatabase>({ url: join(directory, 'app.db'), poolclass: 'QueuePool' })
  await sql`attach ${attached} as side`.execute(db)
  const reading = db.connection().execute(async (first) => {
    await sql`select 1`.execute(first)
    const lock = new RawLock(attached, 'begin exclusive')
    // On another connection, which has not attached the database yet.
    const other = sql<{ id: number }>`select id from side.counter`.execute(db)
    other.catch(() => {})
    await delay(100)
    lock.release()
    return (await other).rows
  })

  expect(await reading).toEqual([{ id: 1 }])
})

test('a write that waits for a plain connection does not stop a reader, a timer or another database', async () => {
  const directory = temporaryDirectory()
  const url = join(directory, 'app.db')
  const { db } = open<CounterDatabase>({ url, pragmas: { journal_mode: 'wal' } })
  const elsewhere = open<CounterDatabase>(join(directory, 'other.db'))
  await createCounters(db)
  await createCounters(elsewhere.db)
  const lock = new RawLock(url)
  let written = false
  const write = insert(db, 2).finally(() => {
    written = true
  })
  await delay(10)
  expect(await ids(db)).toEqual([1])
  await insert(elsewhere.db, 2)
  expect(await ids(elsewhere.db)).toEqual([1, 2])
  expect(written).toBe(false)
  lock.release()
  await write
})
