import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { untilAllReturned } from '../support/counters.ts'
import { sampled } from '../support/effort.ts'
import { failureOf } from '../support/failure.ts'
import { newDialect, open } from '../support/open.ts'
import { PLACES_FOR_WAITS, PLACES_FOR_MANY } from '../support/places.ts'
import { PlainDatabase } from '../support/plain-database.ts'
import { resultOf } from '../support/script-process.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { CREATOR, UP_TO } from './creators.ts'

const POOLS = sampled(['QueuePool', 'NullPool', 'SingletonThreadPool', 'StaticPool'])

describe('a process ends by itself', () => {
  test.each(POOLS)('with an idle %s in threads, without destroy()', async (poolclass) => {
    const output = await resultOf('threads/scripts/idle-pool.ts', [poolclass], {
      cwd: temporaryDirectory(),
    })
    expect(output).toEqual([{ x: 1 }])
  })
})

test.each(sampled(['first query', 'transaction', 'query', 'stream'], 2))(
  'a %s that is awaited keeps the process alive until it is answered',
  async (what) => {
    expect(await resultOf('threads/scripts/awaited.ts', [what])).toEqual({ answered: what })
  },
)

test('after destroy() no thread, handle or listener is left', async () => {
  const { before, during, after } = await resultOf('threads/scripts/destroyed.ts', [], {
    cwd: temporaryDirectory(),
  })
  expect(after).toEqual(before)
  expect(during.workers - before.workers).toBe(3)
})

describe.each(PLACES_FOR_WAITS)('%s', (place) => {
  test('destroy() lets the query that runs be answered', async () => {
    const dialect = new PooledSqliteDialect(place.config({ creator: CREATOR, threads: 1 }))
    const db = new Kysely<any>({ dialect })
    const begun = Promise.withResolvers<void>()
    const running = db.connection().execute(async (connection) => {
      await run(connection, 'select 1')
      begun.resolve()
      return await run(connection, 'select sleep(50) as slept')
    })
    await begun.promise
    await db.destroy()
    expect(await running).toEqual([{ slept: 50 }])
    expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, waiting: 0, idle: 0 })
  })

  test('after destroy() a new Kysely instance over the dialect works, in a new thread', async () => {
    const { db, dialect } = open<any>(place.config({ creator: CREATOR, threads: 1 }))
    const [{ id }] = await run(db, 'select thread_id() as id')
    await db.destroy()
    const again = new Kysely<any>({ dialect })
    const [next] = await run(again, 'select thread_id() as id')
    await again.destroy()
    expect(next.id).not.toBe(id)
  })

  test('destroy() ends while a transaction is open, which is not saved', async () => {
    const { db, dialect } = open<any>(place.config({ creator: CREATOR, threads: 1 }))
    const trx = await db.startTransaction().execute()
    await run(trx, 'create table t (a)')
    await db.destroy()
    await trx.rollback().execute()
    const again = new Kysely<any>({ dialect })
    expect(await run(again, "select name from sqlite_schema where name = 't'")).toEqual([])
    await again.destroy()
  })

  test('destroy() ends while a stream is open, which can still be left', async () => {
    const { db, dialect } = open<any>(place.config({ creator: CREATOR, threads: 1 }))
    const stream = db.selectFrom(
      sql<{ i: number }>`(${sql.raw(UP_TO.replace('?', '5000'))} select i from c)`.as('s'),
    )
    const rows = stream.selectAll().stream(10)
    expect((await rows.next()).value).toEqual({ i: 1 })
    await db.destroy()
    await rows.return?.()
    await untilAllReturned(dialect)
    expect(dialect.pool.status()).toMatchObject({ idle: 0 })
  })
})

test.each(PLACES_FOR_MANY.filter(({ single }) => single))(
  'destroy() tells those who wait for the connection of a %s',
  async (place) => {
    const dialect = new PooledSqliteDialect(place.config({ creator: CREATOR, threads: 1 }))
    const db = new Kysely<any>({ dialect })
    await run(db, 'select 1')
    const running = run(db, 'select sleep(200) as slept')
    const told = failureOf(run(db, 'select 1'))
    await turn()
    expect(dialect.pool.status().waiting).toBe(1)
    await db.destroy()
    expect((await told).code).toMatch(/^POOLCLASS_/)
    expect(await running).toEqual([{ slept: 200 }])
  },
)

test('destroy() before the first query has been answered ends', async () => {
  const dialect = newDialect({ url: ':memory:', threads: 1 })
  const db = new Kysely<any>({ dialect })
  const first = run(db, 'select 1 as x').catch((error: { code: string }) => error.code)
  await Promise.resolve()
  await db.destroy()
  expect([[{ x: 1 }], 'POOLCLASS_DESTROYED']).toContainEqual(await first)
})

test('destroy() while an opening waits for a lock leaves no thread behind', async () => {
  const { lock, unlock, url } = lockedFile()
  lock()
  const before = threadNames().length
  const dialect = newDialect({
    url,
    poolclass: 'QueuePool',
    threads: 1,
    pragmas: { journal_mode: 'wal' },
  })
  const db = new Kysely<any>({ dialect })
  const refused = failureOf(run(db, 'select * from t'))
  await delay(300)
  await db.destroy()
  unlock()
  expect((await refused).code).toBe('POOLCLASS_DESTROYED')
  await expect.poll(() => threadNames().length).toBeLessThanOrEqual(before)
})

function lockedFile(): { lock: () => void; unlock: () => void; url: string } {
  const url = join(temporaryDirectory(), 'app.db')
  const database = new PlainDatabase(url)
  database.exec('create table t (a)')
  return {
    url,
    lock: () => database.exec('begin exclusive'),
    unlock: () => database.exec('commit').close(),
  }
}

/** The operating system's threads of this process that host connections. */
function threadNames(): string[] {
  return readdirSync('/proc/self/task')
    .map((task) => readFileSync(`/proc/self/task/${task}/comm`, 'utf8'))
    .filter((name) => name.startsWith('SQLite'))
}
