import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { type CounterDatabase, createCounters, ids, insert, untilAllReturned } from '../support/counters.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { isLocked, RawLock } from '../support/raw-lock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const READS = 'begin; select count(*) from counter'

describe.each(['NullPool', 'QueuePool', 'StaticPool', 'AssertionPool'] as const)(
  'on a %s with a rollback journal, a stream of a statement that writes',
  (poolclass) => {
    async function database(config: Partial<PooledSqliteDialectConfig> = {}) {
      const url = join(temporaryDirectory(), 'app.db')
      const opened = open<CounterDatabase>({ url, poolclass, ...config })
      await createCounters(opened.db)
      return { ...opened, url }
    }

    function inserts(db: Awaited<ReturnType<typeof database>>['db']) {
      return db
        .insertInto('counter')
        .values([2, 3, 4, 5, 6].map((id) => ({ id, value: 0 })))
        .returning('id')
        .stream(1)
    }

    test('gives its first row when what it wrote is saved, however long a reader delays that', async () => {
      const { db, dialect, url } = await database()
      const reader = new RawLock(url, READS)
      const seen: number[] = []
      const reading = (async () => {
        for await (const { id } of inserts(db)) seen.push(id)
      })()
      await delay(100)
      expect(seen).toEqual([])
      reader.release()
      await reading
      expect(seen).toEqual([2, 3, 4, 5, 6])
      expect(await ids(db)).toEqual([1, 2, 3, 4, 5, 6])
      await untilAllReturned(dialect)
    })

    test('gives no row where it cannot be saved', async () => {
      const { db, dialect, url } = await database({ connectArgs: { timeout: 100 } })
      const reader = new RawLock(url, READS)
      const seen: number[] = []
      const reading = (async () => {
        for await (const { id } of inserts(db)) seen.push(id)
      })()
      expect((await failureOf(reading)).code).toBe('SQLITE_BUSY')
      expect(seen).toEqual([])
      reader.release()
      await untilAllReturned(dialect)
      expect(await ids(db)).toEqual([1])
      expect(isLocked(url)).toBe(false)
    })

    test('has saved all that it wrote by its first row, and can be left then', async () => {
      const { db, dialect, url } = await database()
      for await (const { id } of inserts(db)) {
        expect(id).toBe(2)
        const other = new RawLock(url, 'begin')
        expect(other.database.prepare('select count(*) as n from counter').get()).toEqual({ n: 6 })
        other.release()
        break
      }
      await untilAllReturned(dialect)
      await insert(db, 7)
      expect(await ids(db)).toEqual([1, 2, 3, 4, 5, 6, 7])
    })

    test('inside a transaction waits for the lock before its first row, and is saved with the transaction', async () => {
      const { db, dialect, url } = await database({ transactionMode: 'deferred' })
      const lock = new RawLock(url)
      const seen: number[] = []
      const transaction = db.transaction().execute(async (trx) => {
        const rows = trx
          .insertInto('counter')
          .values([2, 3].map((id) => ({ id, value: 0 })))
          .returning('id')
          .stream(1)
        for await (const { id } of rows) seen.push(id)
        expect(isLocked(url)).toBe(true)
      })
      await delay(50)
      expect(seen).toEqual([])
      lock.release()
      await transaction
      expect(seen).toEqual([2, 3])
      expect(await ids(db)).toEqual([1, 2, 3])
      await untilAllReturned(dialect)
    })

    test('is refused where it returns no rows, and changes nothing', async () => {
      const { db, dialect } = await database()
      const rows = db.deleteFrom('counter').stream(1)
      await expect(rows.next()).rejects.toThrow(/does not return (data|rows)/)
      await sql`delete from counter where id > 1 returning id`.execute(db)
      expect(await ids(db)).toEqual([1])
      await untilAllReturned(dialect)
    })
  },
)
