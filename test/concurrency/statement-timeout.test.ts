import { setTimeout as wait } from 'node:timers/promises'
import { StatementTimeoutError } from '@poolclass/dialect'
import { CompiledQuery, type Kysely } from 'kysely'
import { expect, test } from 'vitest'
import { sampled } from '../support/effort.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { PLACES_FOR_WAITS } from '../support/places.ts'
import { skips } from '../support/skips.ts'
import { run } from '../support/statements.ts'

/** Milliseconds. */
const LIMIT = { statementTimeout: 250 }

/** More rows than any machine computes within the limit. Ends for sure. */
const MANY_ROWS =
  'with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000000) select i from n'

/** One row that takes longer than 100 ms on any machine. */
const ONE_ROW =
  'with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000000) select count(*) as n from n'

const FEW = PLACES_FOR_WAITS.filter(({ poolclass, kind }) =>
  kind === 'memory' ? poolclass === 'SingletonThreadPool' : kind === 'file' && poolclass === 'QueuePool',
)

async function* rowsOf(db: Kysely<any>, sql: string, chunkSize: number): AsyncGenerator<unknown> {
  for await (const { rows } of db.getExecutor().stream(CompiledQuery.raw(sql), chunkSize)) yield rows
}

async function readAll(rows: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of rows);
}

test.each(PLACES_FOR_WAITS)(
  'a query on %s that takes too long ends between two rows, and its connection goes on',
  async ({ config }) => {
    const { db, dialect } = open(config(LIMIT))
    await run(db, 'create temp table mine (a)')
    const { opened } = dialect.pool.status()
    const error = await failureOf(run(db, MANY_ROWS))
    expect(error).toBeInstanceOf(StatementTimeoutError)
    expect(error).toMatchObject({
      code: 'POOLCLASS_STATEMENT_TIMEOUT',
      message: expect.stringMatching(
        /took longer than statementTimeout \(250 ms\), so it was ended. It has changed nothing\./,
      ),
    })
    expect(error.stack).toMatch(/statement-timeout\.test\.ts/)
    expect(await run(db, 'select 1 as a')).toEqual([{ a: 1 }])
    const { opened: later, idle } = dialect.pool.status()
    // A pool that keeps connections has kept them.
    expect(idle > 0 ? later : opened).toBe(opened)
  },
)

test.each(PLACES_FOR_WAITS)(
  'a stream on %s ends when reading takes too long, and not when its reader does',
  async ({ config }) => {
    const { db } = open<any>(config(LIMIT))
    expect(await failureOf(readAll(rowsOf(db, MANY_ROWS, 1000)))).toMatchObject({
      code: 'POOLCLASS_STATEMENT_TIMEOUT',
    })
    const rows = rowsOf(db, `${MANY_ROWS} limit 3`, 1)
    await rows.next()
    await wait(300)
    await readAll(rows)
    expect(await run(db, 'select 1 as a')).toEqual([{ a: 1 }])
  },
)

test.each(PLACES_FOR_WAITS)(
  'a query on %s that takes too long in a transaction fails it, and the next writer goes on',
  async ({ config }) => {
    const { db } = open(config(LIMIT))
    await run(db, 'create table t (a)')
    const transaction = db.transaction().execute(async (trx) => {
      await run(trx, 'insert into t values (1)')
      await run(trx, MANY_ROWS)
    })
    expect(await failureOf(transaction)).toMatchObject({ code: 'POOLCLASS_STATEMENT_TIMEOUT' })
    await run(db, 'insert into t values (2)')
    expect(await run(db, 'select a from t')).toEqual([{ a: 2 }])
  },
)

test.each(FEW)('a query on %s whose one row takes too long fails', async ({ config }) => {
  const { db } = open(config({ statementTimeout: 100 }))
  expect(await failureOf(run(db, ONE_ROW))).toMatchObject({ code: 'POOLCLASS_STATEMENT_TIMEOUT' })
  expect(await run(db, 'select 1 as a')).toEqual([{ a: 1 }])
})

test.skipIf(skips.inThreads).each(FEW)(
  'after a write on %s that took too long, its transaction gets no further statement, and can be ended',
  async ({ config }) => {
    const { db } = open(config({ statementTimeout: 100 }))
    await run(db, 'create table t (a)')
    const slowWrite = `insert into t ${ONE_ROW}`
    const transaction = await db.startTransaction().execute()
    await run(transaction, slowWrite)
    const error = await failureOf(run(transaction, 'select 1'))
    expect(error).toMatchObject({
      code: 'POOLCLASS_STATEMENT_TIMEOUT',
      message: expect.stringMatching(/^This statement did not run, because a write before it .* took \d+ ms/),
    })
    await transaction.rollback().execute()
    expect(await run(db, 'select a from t')).toEqual([])

    const kept = await db.startTransaction().execute()
    await run(kept, slowWrite)
    await kept.commit().execute()
    expect(await run(db, 'select count(*) as n from t')).toEqual([{ n: 1 }])
    await run(db, 'delete from t')
    // Alone it is done, and nobody is told otherwise.
    await run(db, slowWrite)
    expect(await run(db, 'select count(*) as n from t')).toEqual([{ n: 1 }])
  },
)

test.each(sampled(PLACES_FOR_WAITS))(
  'statements on %s that take less than the limit each take as long as they like together',
  async ({ config }) => {
    const { db } = open(config({ statementTimeout: 2000 }))
    const quick = ONE_ROW.replace('3000000', '1000')
    for (let n = 0; n < 20; n += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
      expect(await run(db, quick)).toEqual([{ n: 1000 }])
    }
  },
)

test.skipIf(skips.inThreads)(
  'in the calling thread, the event loop is free again when the limit is reached',
  async () => {
    const { db } = open({ url: ':memory:', ...LIMIT })
    const start = performance.now()
    await failureOf(run(db, MANY_ROWS))
    // All rows take many times as long.
    expect(performance.now() - start).toBeLessThan(5000)
  },
)

test('a query that was quick before fails as well when it takes too long', { tags: 'slow' }, async () => {
  const { db } = open({ url: ':memory:', statementTimeout: 200 })
  const upTo =
    'select (with recursive n(i) as (select 1 union all select i + 1 from n where i < ?) select count(*) from n) as n'
  for (let n = 0; n < 10; n += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    expect(await run(db, upTo, 2)).toEqual([{ n: 2 }])
  }
  expect(await failureOf(run(db, upTo, 5_000_000))).toMatchObject({ code: 'POOLCLASS_STATEMENT_TIMEOUT' })
  expect(await run(db, upTo, 1)).toEqual([{ n: 1 }])
})
