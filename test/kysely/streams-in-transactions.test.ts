import { CompiledQuery, type Kysely, type Transaction, sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import { untilAllReturned } from '../support/counters.ts'
import { open } from '../support/open.ts'
import { PLACES } from '../support/places.ts'
import { silentConsole } from '../support/silent-console.ts'

interface DB {
  t: { a: number }
}

/** Long enough that the end of the transaction comes while it is read. */
const MANY = 'with recursive n (a) as (select 1 union all select a + 1 from n limit 100000) select a from n'

beforeEach(silentConsole)

async function abortedStream(trx: Transaction<DB>, afterRows: number): Promise<void> {
  const controller = new AbortController()
  const reason = new Error('seen enough')
  const stream = trx.getExecutor().stream(CompiledQuery.raw(MANY), 10, { signal: controller.signal })
  let count = 0
  const reading = (async () => {
    if (afterRows === 0) controller.abort(reason)
    for await (const chunk of stream) {
      count += chunk.rows.length
      if (count >= afterRows) controller.abort(reason)
    }
  })()
  await expect(reading).rejects.toBe(reason)
}

async function rows(db: Kysely<DB>): Promise<number[]> {
  return (await db.selectFrom('t').select('a').orderBy('a').execute()).map(({ a }) => a)
}

describe.each(PLACES)('%s', (place) => {
  async function database() {
    const opened = open<DB>(place.config())
    await sql`create table t (a integer primary key)`.execute(opened.db)
    return opened
  }

  test('a transaction whose last act was an aborted stream is committed', async () => {
    const { db, dialect } = await database()
    for (let n = 0; n < 40; n += 1) {
      await db.transaction().execute(async (trx) => {
        await trx.insertInto('t').values({ a: n }).execute()
        await abortedStream(trx, n)
      })
    }
    expect(await rows(db)).toHaveLength(40)
    await untilAllReturned(dialect)
  })

  test('a transaction that is committed while one of its streams is read is committed, and the stream ends', async () => {
    const { db, dialect } = await database()
    let stream: AsyncIterator<unknown> | undefined
    await db.transaction().execute(async (trx) => {
      await trx.insertInto('t').values({ a: 1 }).execute()
      stream = trx.getExecutor().stream(CompiledQuery.raw(MANY), 10)
      await stream.next()
    })
    expect(await rows(db)).toEqual([1])
    await expect(stream?.next()).rejects.toMatchObject({ code: 'POOLCLASS_STREAM_ENDED' })
    await untilAllReturned(dialect)
  })

  test('savepoints can be set, released and rolled back to after an aborted stream', async () => {
    const { db, dialect } = await database()
    const trx = await db.startTransaction().execute()
    await trx.insertInto('t').values({ a: 1 }).execute()
    await abortedStream(trx, 20)
    const first = await trx.savepoint('first').execute()
    await first.insertInto('t').values({ a: 2 }).execute()
    await abortedStream(first, 20)
    const second = await first.savepoint('second').execute()
    await second.insertInto('t').values({ a: 3 }).execute()
    await abortedStream(second, 20)
    await second.rollbackToSavepoint('second').execute()
    await abortedStream(second, 20)
    await second.releaseSavepoint('first').execute()
    await trx.commit().execute()
    expect(await rows(db)).toEqual([1, 2])
    await untilAllReturned(dialect)
  })
})
