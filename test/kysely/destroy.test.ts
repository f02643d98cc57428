import { DestroyedError, type PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { holdWriteLock } from '../support/counters.ts'
import { failureOf } from '../support/failure.ts'
import { newDialect, open, threads } from '../support/open.ts'
import { PLACES, PLACES_FOR_MANY } from '../support/places.ts'

/** Everybody has gone, and no connection is open. */
async function expectAllClosed({ pool }: PooledSqliteDialect): Promise<void> {
  await expect
    .poll(() => {
      const { opened, closed, checkedOut, idle, waiting } = pool.status()
      return { open: opened - closed, checkedOut, idle, waiting }
    })
    .toEqual({ open: 0, checkedOut: 0, idle: 0, waiting: 0 })
}

/** Another Kysely instance over the dialect reads and writes, and closes what it has opened. */
async function expectUsableAgain(dialect: PooledSqliteDialect): Promise<void> {
  const db = new Kysely<any>({ dialect })
  onTestFinished(() => db.destroy())
  await sql`create table again (a)`.execute(db)
  await db.transaction().execute((trx) => sql`insert into again values (1)`.execute(trx))
  expect((await sql`select a from again`.execute(db)).rows).toEqual([{ a: 1 }])
  await db.destroy()
  await expectAllClosed(dialect)
}

describe.each(PLACES)('%s', (place) => {
  test('destroy may be called twice, and closes what was opened', async () => {
    const { db, dialect } = open(place.config())
    await sql`create table t (a)`.execute(db)
    await Promise.all([db.destroy(), db.destroy()])
    await db.destroy()
    const { opened, closed } = dialect.pool.status()
    expect(closed).toBe(opened)
  })

  test('destroy without any use opens nothing', async () => {
    const { db, dialect } = open(place.config())
    await db.destroy()
    expect(dialect.pool.status().opened).toBe(0)
  })

  test('use after destroy is an error', async () => {
    const { db } = open(place.config())
    await sql`select 1`.execute(db)
    await db.destroy()
    await expect(sql`select 1`.execute(db)).rejects.toThrow('driver has already been destroyed')
    await expect(db.transaction().execute(async () => {})).rejects.toThrow('already been destroyed')
  })

  test('destroy with an open transaction leaves the transaction to its end, and then closes its connection', async () => {
    const { db, dialect } = open(place.config())
    await sql`create table t (a)`.execute(db)
    const trx = await db.startTransaction().execute()
    await sql`insert into t values (1)`.execute(trx)
    await db.destroy()
    expect((await sql`select a from t`.execute(trx)).rows).toEqual([{ a: 1 }])
    await trx.commit().execute()
    await expect
      .poll(() => {
        const { opened, closed, checkedOut } = dialect.pool.status()
        return [checkedOut, opened - closed]
      })
      .toEqual([0, 0])
  })

  test('await using destroys', async () => {
    const dialect = newDialect(place.config())
    {
      await using db = new Kysely<any>({ dialect })
      await sql`select 1`.execute(db)
    }
    const { opened, closed } = dialect.pool.status()
    expect([opened > 0, closed]).toEqual([true, opened])
  })
})

/** How long after the inserts. Each costs the start of a thread where connections are in threads. */
const MICROTASKS = threads === 0 ? [0, 1, 2, 3, 4, 5, 6, 8, 10, 15] : [0, 2, 5, 10]

/** Begins five inserts, and destroys while they are on their way; tells which of them ran. */
async function destroyAmidInserts(
  db: Kysely<any>,
  microtasks: number,
): Promise<{ ran: number[]; refused: unknown[] }> {
  const ran: number[] = []
  const refused: unknown[] = []
  const work = Array.from({ length: 5 }, (_, a) =>
    sql`insert into t values (${a})`.execute(db).then(
      () => void ran.push(a),
      (error: unknown) => void refused.push(error),
    ),
  )
  for (let tick = 0; tick < microtasks; tick += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await Promise.resolve()
  }
  await db.destroy()
  await Promise.all(work)
  return { ran, refused }
}

describe.each(PLACES_FOR_MANY)('%s', (place) => {
  test(
    'queries begun shortly before destroy run or are refused with a coded error, and leave no connection open',
    { tags: 'slow-in-threads' },
    async () => {
      let some = 0
      for (const microtasks of MICROTASKS) {
        // oxlint-disable no-await-in-loop -- one after the other
        const { db, dialect } = open<any>(place.config())
        await sql`create table t (a)`.execute(db)
        const { refused } = await destroyAmidInserts(db, microtasks)
        for (const error of refused) {
          expect(error).toBeInstanceOf(DestroyedError)
          expect(error).toMatchObject({ code: 'POOLCLASS_DESTROYED', name: 'DestroyedError' })
        }
        some += refused.length
        await expectAllClosed(dialect)
        await expectUsableAgain(dialect)
        // oxlint-enable no-await-in-loop
      }
      expect(some, 'destroy came before some of the queries').toBeGreaterThan(0)
    },
  )

  test('a writer that waits for an open transaction when destroy is called is refused with a coded error', async () => {
    const { db, dialect } = open<any>(place.config())
    await sql`create table t (a)`.execute(db)
    const transaction = await holdWriteLock(db, (trx) => sql`insert into t values (1)`.execute(trx))
    const refused = [
      failureOf(sql`insert into t values (2)`.execute(db)),
      failureOf(db.transaction().execute((trx) => sql`insert into t values (3)`.execute(trx))),
    ]
    await new Promise((resolve) => setTimeout(resolve, 100))
    await db.destroy()
    await transaction.end()
    for (const error of await Promise.all(refused)) {
      expect(error).toBeInstanceOf(DestroyedError)
      expect(error.code).toBe('POOLCLASS_DESTROYED')
    }
    await expectAllClosed(dialect)
    await expectUsableAgain(dialect)
  })
})

describe.each(PLACES_FOR_MANY.filter(({ single }) => single))('%s', (place) => {
  test('a reader that waits for the connection when destroy is called is refused with a coded error', async () => {
    const { db, dialect } = open<any>(place.config())
    const transaction = await holdWriteLock(db, (trx) => sql`create table t (a)`.execute(trx))
    const refused = failureOf(sql`select 1`.execute(db))
    await new Promise((resolve) => setTimeout(resolve, 10))
    await db.destroy()
    await transaction.end()
    expect(await refused).toMatchObject({ code: 'POOLCLASS_DESTROYED' })
    await expectAllClosed(dialect)
    await expectUsableAgain(dialect)
  })
})

test.each(PLACES_FOR_MANY.filter(({ kind }) => kind === 'file'))(
  'on %s, of the inserts begun shortly before destroy those are saved that did not fail, and no others',
  { tags: 'slow-in-threads' },
  async (place) => {
    for (const microtasks of MICROTASKS) {
      // oxlint-disable no-await-in-loop -- one after the other
      const config = place.config()
      const { db } = open<any>(config)
      await sql`create table t (a)`.execute(db)
      const { ran } = await destroyAmidInserts(db, microtasks)
      const { rows } = await sql<{ a: number }>`select a from t`.execute(open(config).db)
      expect(rows.map(({ a }) => a).toSorted()).toEqual(ran.toSorted())
      // oxlint-enable no-await-in-loop
    }
  },
)
