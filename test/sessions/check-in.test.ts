import { setTimeout as delay } from 'node:timers/promises'
import type { Connection } from '../../packages/dialect/src/connection/connection.ts'
import { CompiledQuery, type Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import {
  type CounterDatabase,
  createCounters,
  expectAllReturned,
  ids,
  insert,
  untilAllReturned,
} from '../support/counters.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { PLACES } from '../support/places.ts'
import { isLocked, RawLock } from '../support/raw-lock.ts'
import { run } from '../support/statements.ts'

const MANY = 'with recursive n (a) as (select 1 union all select a + 1 from n limit 100000) select a from n'
const RESETS = ['rollback', 'commit', null] as const

function leaveOpen(db: Kysely<CounterDatabase>): Promise<unknown> {
  return db.connection().execute(async (connection) => {
    await run(connection, 'begin')
    await insert(connection, 2)
  })
}

async function beginOn(connection: Connection): Promise<void> {
  await connection.execute('begin', [])
}

describe.each(PLACES.flatMap((place) => RESETS.map((poolResetOnReturn) => ({ place, poolResetOnReturn }))))(
  '$place with poolResetOnReturn $poolResetOnReturn',
  ({ place, poolResetOnReturn }) => {
    async function database() {
      const opened = open<CounterDatabase>(
        place.config({ poolResetOnReturn, connectArgs: { timeout: 1000 } }),
      )
      await createCounters(opened.db)
      return opened
    }

    test('a stream that outlives its session reads nothing more, and the next borrower can write', async () => {
      const { db } = await database()
      let stream: AsyncIterator<unknown> | undefined
      await db.getExecutor().provideConnection(async (connection) => {
        stream = connection.streamQuery(CompiledQuery.raw(MANY), 10)
        await stream.next()
      })
      await db.transaction().execute((trx) => insert(trx, 2))
      await expect(stream?.next()).rejects.toMatchObject({ code: 'POOLCLASS_STREAM_ENDED' })
      expect(await ids(db)).toEqual([1, 2])
    })

    test('a stream that outlives its checkout reads nothing more, and the next borrower can write', async () => {
      const { db, dialect } = await database()
      const checkout = await dialect.pool.connect()
      const stream = checkout.connection.stream(MANY, [], 10)
      await stream.next()
      await checkout.close()
      await insert(db, 2)
      await expect(stream.next()).rejects.toMatchObject({ code: 'POOLCLASS_STREAM_ENDED' })
      expect(await ids(db)).toEqual([1, 2])
    })

    test('a transaction that was left open with a stream is ended as the pool is told to', async () => {
      const { db, dialect } = await database()
      if (poolResetOnReturn === null) return
      await db.connection().execute(async (connection) => {
        await run(connection, 'begin')
        await insert(connection, 2)
        await connection.getExecutor().stream(CompiledQuery.raw(MANY), 10).next()
      })
      expect(await ids(db)).toEqual(poolResetOnReturn === 'commit' ? [1, 2] : [1])
      expectAllReturned(dialect)
    })

    test('a begin that nobody awaited is ended with its checkout, as one that was', async () => {
      const { db, dialect } = await database()
      if (poolResetOnReturn === null) return
      const late: Promise<unknown>[] = []
      const checkout = await dialect.pool.connect()
      late.push(beginOn(checkout.connection))
      await checkout.close()
      await insert(db, 2)
      await Promise.all(late)
      const other = await dialect.pool.connect()
      expect(other.connection.inTransaction).toBe(false)
      await other.close()
      expect(await ids(db)).toEqual([1, 2])
    })

    test('a begin that nobody awaited is ended with its session, as one that was', async () => {
      const { db, dialect } = await database()
      if (poolResetOnReturn === null) return
      const late: Promise<unknown>[] = []
      await db.getExecutor().provideConnection(async (connection) => {
        await connection.executeQuery(CompiledQuery.raw('select 1'))
        late.push(connection.executeQuery(CompiledQuery.raw('begin')).catch(() => {}))
      })
      await insert(db, 2)
      await Promise.all(late)
      expect(await ids(db)).toEqual([1, 2])
      await untilAllReturned(dialect)
    })
  },
)

describe.each(PLACES.filter(({ kind }) => kind === 'file'))(
  '$poolclass on a file with a rollback journal and poolResetOnReturn commit',
  (place) => {
    async function database(timeout: number) {
      const config = {
        ...place.config({ poolResetOnReturn: 'commit', connectArgs: { timeout } }),
        pragmas: {},
      }
      const opened = open<CounterDatabase>(config)
      await createCounters(opened.db)
      return { ...opened, url: String(config.url) }
    }

    test('what was left open is committed at its check-in, however long a reader delays that', async () => {
      const { db, dialect, url } = await database(5000)
      const reader = new RawLock(url, 'begin; select count(*) from counter')
      let isBack = false
      const leaving = leaveOpen(db).then(() => (isBack = true))
      await delay(100)
      expect(isBack).toBe(false)
      reader.release()
      await leaving
      expect(await ids(db)).toEqual([1, 2])
      expectAllReturned(dialect)
    })

    test('what was left open and cannot be committed is undone, and who left it is told', async () => {
      const { db, dialect, url } = await database(100)
      const reader = new RawLock(url, 'begin; select count(*) from counter')
      expect((await failureOf(leaveOpen(db))).code).toBe('SQLITE_BUSY')
      reader.release()
      expect(await ids(db)).toEqual([1])
      expectAllReturned(dialect)
      expect(isLocked(url)).toBe(false)
    })
  },
)
