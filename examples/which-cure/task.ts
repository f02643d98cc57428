import type { Kysely } from 'kysely'
import { COUNTERS, type Database, SALES } from './database.ts'

export const ROUNDS = 300
/** Each task runs the slow query as often. */
const ROUNDS_PER_REPORT = 100

/** One of the tasks that use the database at the same time. Returns the longest that a quick query took, in ms. */
export async function runTask(db: Kysely<Database>, task: number): Promise<number> {
  let longest = 0
  const timed = async (query: Promise<unknown>) => {
    const start = performance.now()
    await query
    longest = Math.max(longest, performance.now() - start)
  }
  for (let round = 1; round <= ROUNDS; round += 1) {
    await timed(increment(db, (task + round) % COUNTERS))
    await timed(readSale(db, (task * ROUNDS + round) % SALES))
    if (round % ROUNDS_PER_REPORT === 0) await report(db)
  }
  return longest
}

/** Reads, then writes what depends on it: without a transaction, the work of another task in between would be lost. */
async function increment(db: Kysely<Database>, id: number): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const { value } = await trx
      .selectFrom('counter')
      .select('value')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    await trx
      .updateTable('counter')
      .set({ value: value + 1 })
      .where('id', '=', id)
      .execute()
  })
}

async function readSale(db: Kysely<Database>, id: number): Promise<void> {
  await db.selectFrom('sale').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

/** The slow query: it reads the whole table. */
async function report(db: Kysely<Database>): Promise<void> {
  await db
    .selectFrom('sale')
    .select(({ fn }) => ['product', fn.count<number>('amount').distinct().as('amounts')])
    .groupBy('product')
    .orderBy('amounts', 'desc')
    .execute()
}
