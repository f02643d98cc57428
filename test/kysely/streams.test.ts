import type { PooledSqliteDialect } from '@poolclass/dialect'
import { CompiledQuery, type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { testedDriver } from '../support/driver.ts'
import { open } from '../support/open.ts'
import { PLACES } from '../support/places.ts'
import { resultOf } from '../support/script-process.ts'
import { skips } from '../support/skips.ts'

interface DB {
  t: { a: number }
}

const UP_TO = 'with recursive n (a) as (select 1 union all select a + 1 from n limit ?) select a from n'
const FAILS_AT_FIVE = `with recursive n (a) as (select 1 union all select a + 1 from n limit 10)
  select case when a < 5 then a else json('{') end as a from n`

function rowsOf(
  db: Kysely<DB>,
  text: string,
  parameters: unknown[],
  chunkSize: number,
): AsyncIterable<DB['t']> {
  const chunks = db.getExecutor().stream<DB['t']>(CompiledQuery.raw(text, parameters), chunkSize)
  return (async function* rows() {
    for await (const chunk of chunks) yield* chunk.rows
  })()
}

async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const row of rows) all.push(row)
  return all
}

async function allBack(dialect: PooledSqliteDialect): Promise<void> {
  await expect.poll(() => dialect.pool.status().checkedOut).toBe(0)
}

/** The connection is back, whole, and free for another stream of the same text and for a write. */
async function expectUsable(db: Kysely<DB>, dialect: PooledSqliteDialect): Promise<void> {
  await allBack(dialect)
  expect(await collect(db.selectFrom('t').selectAll().stream(2))).toHaveLength(7)
  await db.insertInto('t').values({ a: 8 }).execute()
  expect(await collect(db.selectFrom('t').selectAll().stream(2))).toHaveLength(8)
  await allBack(dialect)
}

describe.each(PLACES)('%s', (place) => {
  async function database(): Promise<{ db: Kysely<DB>; dialect: PooledSqliteDialect }> {
    const opened = open<DB>(place.config())
    const { db } = opened
    await db.schema.createTable('t').addColumn('a', 'integer').execute()
    const values = [1, 2, 3, 4, 5, 6, 7].map((a) => ({ a }))
    await db.insertInto('t').values(values).execute()
    return opened
  }

  test.each([
    [3, [3, 3, 1]],
    [7, [7]],
    [1, [1, 1, 1, 1, 1, 1, 1]],
    [100, [7]],
  ])('a stream in chunks of %i brings all rows, no chunk empty', async (chunkSize, lengths) => {
    const { db, dialect } = await database()
    const query = db.selectFrom('t').selectAll().compile()
    const chunks = await collect(db.getExecutor().stream<DB['t']>(query, chunkSize))
    expect(chunks.map(({ rows }) => rows.length)).toEqual(lengths)
    expect(chunks.flatMap(({ rows }) => rows.map(({ a }) => a))).toEqual([1, 2, 3, 4, 5, 6, 7])
    await allBack(dialect)
  })

  test('a stream of no rows ends at once', async () => {
    const { db, dialect } = await database()
    expect(await collect(db.selectFrom('t').selectAll().where('a', '>', 100).stream())).toEqual([])
    await allBack(dialect)
  })

  test('a stream that is left by break gives its connection back', async () => {
    const { db, dialect } = await database()
    for await (const { a } of db.selectFrom('t').selectAll().stream(2)) if (a === 3) break
    await expect(expectUsable(db, dialect)).resolves.toBeUndefined()
  })

  test('a stream that is left by a throw gives its connection back', async () => {
    const { db, dialect } = await database()
    const reason = new Error('seen enough')
    const reading = (async () => {
      for await (const { a } of db.selectFrom('t').selectAll().stream(2)) if (a === 3) throw reason
    })()
    await expect(reading).rejects.toBe(reason)
    await expectUsable(db, dialect)
  })

  test('a stream that is left by return() gives its connection back', async () => {
    const { db, dialect } = await database()
    const rows = db.selectFrom('t').selectAll().stream(2)
    expect((await rows.next()).value).toEqual({ a: 1 })
    await rows.return?.()
    await expectUsable(db, dialect)
  })

  test('a stream that nobody reads from takes no connection', async () => {
    const { db, dialect } = await database()
    db.selectFrom('t').selectAll().stream(2)
    expect(dialect.pool.status().checkedOut).toBe(0)
    await expectUsable(db, dialect)
  })

  test('an error in the middle comes after the rows before it, and the connection is given back', async () => {
    const { db, dialect } = await database()
    const seen: number[] = []
    const reading = (async () => {
      for await (const { a } of rowsOf(db, FAILS_AT_FIVE, [], 1)) seen.push(a)
    })()
    await expect(reading).rejects.toThrow('malformed JSON')
    expect(seen).toEqual([1, 2, 3, 4])
    await expectUsable(db, dialect)
  })

  test('an abort signal ends a stream at the next chunk, with its reason', async () => {
    const { db, dialect } = await database()
    const abort = new AbortController()
    const reason = new Error('too slow')
    const seen: number[] = []
    const reading = (async () => {
      for await (const { a } of db
        .selectFrom('t')
        .selectAll()
        .stream({ chunkSize: 2, signal: abort.signal })) {
        seen.push(a)
        if (a === 3) abort.abort(reason)
      }
    })()
    await expect(reading).rejects.toBe(reason)
    expect(seen).toEqual([1, 2, 3, 4])
    await expectUsable(db, dialect)
  })

  test('a signal that has fired already starts no stream', async () => {
    const { db, dialect } = await database()
    const reason = new Error('too late')
    const rows = db
      .selectFrom('t')
      .selectAll()
      .stream({ signal: AbortSignal.abort(reason) })
    await expect(collect(rows)).rejects.toBe(reason)
    await expectUsable(db, dialect)
  })

  test('a stream inside a transaction sees what the transaction wrote, and the transaction goes on after it', async () => {
    const { db, dialect } = await database()
    await db.transaction().execute(async (trx) => {
      await trx.deleteFrom('t').where('a', '>', 2).execute()
      expect(await collect(trx.selectFrom('t').selectAll().stream(1))).toEqual([{ a: 1 }, { a: 2 }])
      for await (const { a } of trx.selectFrom('t').selectAll().stream(1)) if (a === 1) break
      await trx.insertInto('t').values({ a: 3 }).execute()
    })
    expect(await db.selectFrom('t').selectAll().execute()).toHaveLength(3)
    await allBack(dialect)
  })

  test('two streams of one text on one connection do not disturb each other, nor a query of that text', async () => {
    const { db, dialect } = await database()
    const driver = dialect.createDriver()
    await driver.init()
    const connection = await driver.acquireConnection()
    const query = CompiledQuery.raw('select a from t')
    const [first, second] = [
      connection.streamQuery<DB['t']>(query, 1),
      connection.streamQuery<DB['t']>(query, 1),
    ]
    const pairs: unknown[] = []
    for (let step = 0; step < 7; step += 1) {
      pairs.push([(await first.next()).value?.rows[0]?.a, (await second.next()).value?.rows[0]?.a])
      expect((await connection.executeQuery(query)).rows).toHaveLength(7)
    }
    expect(pairs).toEqual([1, 2, 3, 4, 5, 6, 7].map((a) => [a, a]))
    expect([(await first.next()).done, (await second.next()).done]).toEqual([true, true])
    await driver.releaseConnection(connection)
    await driver.destroy()
    await expectUsable(db, dialect)
  })

  test('a stream of an insert that returns rows inserts them all', async () => {
    const { db, dialect } = await database()
    const text = 'insert into t select a + 10 from t order by a returning a'
    expect(await collect(rowsOf(db, text, [], 2))).toHaveLength(7)
    expect(await db.selectFrom('t').selectAll().execute()).toHaveLength(14)
    await allBack(dialect)
    await db.insertInto('t').values({ a: 0 }).execute()
  })

  test('a stream of an insert that returns rows inserts them all even when it is left early', async () => {
    const { db, dialect } = await database()
    const text = 'insert into t select a + 10 from t order by a returning a'
    for await (const { a } of rowsOf(db, text, [], 2)) if (a > 10) break
    await allBack(dialect)
    expect(await db.selectFrom('t').selectAll().execute()).toHaveLength(14)
    await db.insertInto('t').values({ a: 0 }).execute()
  })

  test('a stream of a statement that returns no rows is refused, and changes nothing', async () => {
    const { db, dialect } = await database()
    await expect(collect(rowsOf(db, 'delete from t', [], 2))).rejects.toThrow(/does not return (data|rows)/)
    await expectUsable(db, dialect)
  })

  test('a write beside an open stream of its connection has its way, or says what stands in it', async () => {
    const { db, dialect } = await database()
    const driver = dialect.createDriver()
    await driver.init()
    const connection = await driver.acquireConnection()
    const rows = connection.streamQuery(CompiledQuery.raw(UP_TO, [100_000]), 1)
    await rows.next()
    const write = connection.executeQuery(CompiledQuery.raw('update t set a = a'))
    const said = await write.then(
      ({ numAffectedRows }) => `changed ${numAffectedRows}`,
      (error: Error) => error.message,
    )
    // SQLite lets a connection write while it reads; better-sqlite3 does not.
    expect(said).toMatch(testedDriver === 'node:sqlite' ? /^changed 7$/ : /stream still reads/)
    await driver.releaseConnection(connection)
    await driver.destroy()
    await expectUsable(db, dialect)
  })

  test('a stream whose transaction is rolled back under it does not look as if all rows were read', async () => {
    const { db, dialect } = await database()
    const reason = new Error('changed my mind')
    let rest: AsyncIterator<DB['t']> | undefined
    const transaction = db.transaction().execute(async (trx) => {
      const rows = trx.selectFrom('t').selectAll().stream(2)
      expect([(await rows.next()).value, (await rows.next()).value]).toEqual([{ a: 1 }, { a: 2 }])
      rest = rows
      throw reason
    })
    await expect(transaction).rejects.toBe(reason)
    await expect(rest?.next()).rejects.toMatchObject({
      name: 'StreamEndedError',
      code: 'POOLCLASS_STREAM_ENDED',
    })
    await expectUsable(db, dialect)
  })

  test('a stream whose connection is given back under it does not look as if all rows were read', async () => {
    const { db, dialect } = await database()
    let rest: AsyncIterator<unknown> | undefined
    await db.getExecutor().provideConnection(async (connection) => {
      const chunks = connection.streamQuery<DB['t']>(CompiledQuery.raw('select a from t'), 3)
      expect((await chunks.next()).value?.rows).toHaveLength(3)
      rest = chunks
    })
    await expect(rest?.next()).rejects.toMatchObject({ code: 'POOLCLASS_STREAM_ENDED' })
    await expectUsable(db, dialect)
  })

  test('a stream whose last row has been read is at its end, even after its transaction', async () => {
    const { db, dialect } = await database()
    const trx = await db.startTransaction().execute()
    const rows = trx.selectFrom('t').selectAll().stream(100)
    expect((await rows.next()).value).toEqual({ a: 1 })
    expect(await collect(rows)).toHaveLength(6)
    await trx.rollback().execute()
    expect((await rows.next()).done).toBe(true)
    await expectUsable(db, dialect)
  })
})

test.each(PLACES.filter(({ single, kind }) => !single && kind === 'file'))(
  'on %s, rows are written while a stream reads, and the stream keeps its state of the data',
  async (place) => {
    const { db } = open<DB>(place.config())
    await db.schema.createTable('t').addColumn('a', 'integer').execute()
    await db
      .insertInto('t')
      .values([{ a: 1 }, { a: 2 }])
      .execute()
    for await (const { a } of db.selectFrom('t').selectAll().stream(1)) {
      await db
        .insertInto('t')
        .values({ a: a + 10 })
        .execute()
    }
    const rows = await db.selectFrom('t').selectAll().execute()
    expect(rows.map(({ a }) => a)).toEqual([1, 2, 11, 12])
  },
)

// Over a thread, test/threads/streams-from-threads.test.ts has one of five million.
test.skipIf(skips.inThreadsOrQuickRun)('a stream of two million rows holds constant memory', async () => {
  const { db } = open<DB>(':memory:')
  let [count, most] = [0, 0]
  const before = process.memoryUsage().heapUsed
  for await (const { a } of rowsOf(db, UP_TO, [2_000_000], 1000)) {
    count = a
    if (a % 50_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed - before)
  }
  expect(count).toBe(2_000_000)
  expect(most).toBeLessThan(64 * 2 ** 20)
})

test('a refused stream tells the user of Kysely what to do, not the user of better-sqlite3', async () => {
  const { db } = open<DB>(':memory:')
  await db.schema.createTable('t').addColumn('a', 'integer').execute()
  await expect(collect(rowsOf(db, 'delete from t', [], 2))).rejects.toThrow(/execute\(\)/)
})

test('a transaction that is rolled back while a stream of it is open throws its own error and keeps the data of before', async () => {
  const { db, dialect } = open<DB>(':memory:')
  await sql`create table t (a)`.execute(db)
  await sql`insert into t values (1), (2)`.execute(db)
  const reason = new Error('changed my mind')
  const transaction = db.transaction().execute(async (trx) => {
    await trx.selectFrom('t').selectAll().stream(1).next()
    throw reason
  })
  const thrown = await transaction.catch((error: unknown) => error)
  await allBack(dialect)
  const { rows } = await sql`select count(*) as n from sqlite_schema where name = 't'`.execute(db)
  expect(rows, 'the table is still there').toEqual([{ n: 1 }])
  expect(thrown).toBe(reason)
})

// In a process of its own: a stream that takes no rows could go on for ever.
test('a stream in chunks of no whole number of rows is refused with a clear error, and its connection is given back', async () => {
  const sizes = ['0', '-1', 'NaN', '1.5', 'Infinity']
  const refused = { rows: [], name: 'DialectConfigError', code: 'POOLCLASS_CONFIG', key: 'chunkSize' }
  expect(await resultOf('kysely/scripts/chunk-size.ts', sizes)).toEqual(
    sizes.map((size) => ({
      outcome: { ...refused, message: expect.stringContaining(size) },
      checkedOut: 0,
      after: [{ n: 7 }],
    })),
  )
})
