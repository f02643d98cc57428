import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { type CounterDatabase, createCounters, expectAllReturned, ids, insert } from '../support/counters.ts'
import { sampled } from '../support/effort.ts'
import { HELD, Heartbeat } from '../support/heartbeat.ts'
import { open } from '../support/open.ts'
import { RawLock } from '../support/raw-lock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

describe.each(sampled(['wal', 'delete']))('in journal mode %s', (journal_mode) => {
  const pragmas = { journal_mode, synchronous: 'off' }

  test.each(['NullPool', 'QueuePool', 'StaticPool', 'SingletonThreadPool'] as const)(
    'a writer on a %s waits for an open transaction while timers keep firing, then succeeds',
    async (poolclass) => {
      const url = join(temporaryDirectory(), 'app.db')
      const { db, dialect } = open<CounterDatabase>({ url, poolclass, pragmas })
      await createCounters(db)
      const heartbeat = new Heartbeat()
      const order: string[] = []
      const transaction = db.transaction().execute(async (trx) => {
        await insert(trx, 2)
        await delay(HELD)
        order.push('transaction ends')
      })
      await delay(20)
      const writer = insert(db, 3).then(() => order.push('writer succeeds'))

      await Promise.all([transaction, writer])
      expect(order).toEqual(['transaction ends', 'writer succeeds'])
      expect(await ids(db)).toEqual([1, 2, 3])
      await heartbeat.expectRegular()
      expectAllReturned(dialect)
    },
  )

  test('a writer of one dialect waits for an open transaction of another one on the same file', async () => {
    const directory = temporaryDirectory()
    const one = open<CounterDatabase>({ url: join(directory, 'app.db'), pragmas })
    // The same file, written in another way.
    const other = open<CounterDatabase>({
      url: `file:${directory}/../${directory.split('/').at(-1)}/app.db`,
      pragmas,
    })
    await createCounters(one.db)
    const heartbeat = new Heartbeat()
    const order: string[] = []
    const transaction = one.db.transaction().execute(async (trx) => {
      await insert(trx, 2)
      await delay(HELD)
      order.push('transaction ends')
    })
    await delay(20)
    const writer = insert(other.db, 3).then(() => order.push('writer succeeds'))

    await Promise.all([transaction, writer])
    expect(order).toEqual(['transaction ends', 'writer succeeds'])
    expect(await ids(other.db)).toEqual([1, 2, 3])
    await heartbeat.expectRegular()
    expectAllReturned(one.dialect)
    expectAllReturned(other.dialect)
  })

  test('a transaction that is rolled back lets the waiting writer go ahead', async () => {
    const { db } = open<CounterDatabase>({ url: join(temporaryDirectory(), 'app.db'), pragmas })
    await createCounters(db)
    const transaction = db.transaction().execute(async (trx) => {
      await insert(trx, 2)
      await delay(50)
      throw new Error('changed my mind')
    })
    await delay(10)
    const writer = insert(db, 2)

    await expect(transaction).rejects.toThrow('changed my mind')
    await writer
    expect(await ids(db)).toEqual([1, 2])
  })
})

test('a PRAGMA busy_timeout of the user does not make a connection block the thread while it waits', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const { db } = open<CounterDatabase>({ url, poolclass: 'StaticPool', pragmas: { journal_mode: 'wal' } })
  await createCounters(db)
  await sql`pragma busy_timeout = 1000`.execute(db)
  const lock = new RawLock(url)
  const heartbeat = new Heartbeat()
  const writer = insert(db, 2)
  await delay(HELD)
  lock.release()
  await writer
  await heartbeat.expectRegular()

  expect(await ids(db)).toEqual([1, 2])
})
