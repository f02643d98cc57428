import { join } from 'node:path'
import { type ControlledTransaction, type Kysely, sql } from 'kysely'
import { expect, test } from 'vitest'
import { sampled } from '../support/effort.ts'
import { open } from '../support/open.ts'
import { PLACES_FOR_WAITS } from '../support/places.ts'
import { resultOf } from '../support/script-process.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { collectWarnings } from '../support/warnings.ts'

const LEAK = { leakDetectionThreshold: 200 }

test.each(PLACES_FOR_WAITS)(
  'a transaction that is left open on %s is reported with the place of its begin',
  async ({ config }) => {
    const leaks = collectWarnings('POOL_LEAK')
    const ends = collectWarnings('POOL_LEAK_ENDED')
    const { db } = open(config(LEAK))
    const transaction = await theForgetful(db)
    await expect.poll(() => leaks).toHaveLength(1)
    expect(leaks[0]?.message).toMatch(/#1 has been out for [^]*theForgetful/)
    await run(transaction, 'create table t (a)')
    await transaction.commit().execute()
    await expect.poll(() => ends).toHaveLength(1)
    expect(leaks).toHaveLength(1)
  },
)

test.each(PLACES_FOR_WAITS)(
  'a connection that is kept after one query on %s is reported with the place of the query',
  async ({ config }) => {
    const leaks = collectWarnings('POOL_LEAK')
    const ends = collectWarnings('POOL_LEAK_ENDED')
    const { db } = open(config(LEAK))
    await db.connection().execute(async (connection) => {
      await theHoarder(connection)
      await expect.poll(() => leaks).toHaveLength(1)
    })
    expect(leaks[0]?.message).toMatch(/theHoarder/)
    await expect.poll(() => ends).toHaveLength(1)
  },
)

test.each(PLACES_FOR_WAITS)(
  'a stream that nobody reads to its end on %s is reported with its place',
  async ({ config }) => {
    const leaks = collectWarnings('POOL_LEAK')
    const { db } = open(config(LEAK))
    await db.schema.createTable('t').addColumn('a', 'integer').execute()
    await run(db, 'insert into t values (1), (2), (3)')
    const rows = theReader(db)
    await rows.next()
    await expect.poll(() => leaks).toHaveLength(1)
    expect(leaks[0]?.message).toMatch(/theReader/)
    await rows.return?.(undefined)
  },
)

async function theForgetful(db: Kysely<any>): Promise<ControlledTransaction<any>> {
  return await db.startTransaction().execute()
}

async function theHoarder(connection: Kysely<any>): Promise<void> {
  await sql`select 1`.execute(connection)
}

async function* theReader(db: Kysely<any>): AsyncGenerator<unknown> {
  for await (const row of db.selectFrom('t').selectAll().stream(1)) yield row
}

test.each(sampled(['1', '0']))(
  'with %s threads, limits of ten minutes keep no process alive, destroyed or not',
  async (threads) => {
    for (const end of ['destroy', 'leave']) {
      const url = join(temporaryDirectory(), 'app.db')
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const found = await resultOf('sessions/scripts/with-all-limits.ts', [url, threads, end])
      expect(found).toEqual({ rows: [{ a: 1 }], tables: 1 })
    }
  },
)
