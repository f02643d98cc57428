// oxlint-disable no-await-in-loop -- one at a time has the machine for itself
import { performance } from 'node:perf_hooks'
import type { Generated, Kysely } from 'kysely'

/** The table that `bench` adds to its copy. */
export interface Rows {
  poolclass_bench: { id: Generated<number>; text: string }
}

interface Workload {
  readonly run: (db: Kysely<Rows>, n: number) => Promise<unknown>
  /** How many of them run at once. */
  readonly tasks: number
}

const select: Workload['run'] = (db, n) =>
  db
    .selectFrom('poolclass_bench')
    .selectAll()
    .where('id', '=', ((n * 389) % ROWS) + 1)
    .execute()

const insert: Workload['run'] = (db) => db.insertInto('poolclass_bench').values(ROW).execute()

const tenInserts: Workload['run'] = (db) =>
  db.transaction().execute(async (trx) => {
    for (let row = 0; row < 10; row += 1) await insert(trx, row)
  })

export const WORKS: Readonly<Record<string, Workload>> = {
  'point select': { run: select, tasks: 1 },
  '16 selects at once': { run: select, tasks: 16 },
  insert: { run: insert, tasks: 1 },
  'transaction of ten': { run: tenInserts, tasks: 1 },
}

/**
 * Returns the median time of an operation in microseconds, for each database and each of `WORKS`. The databases take turns,
 * because a machine is faster at one moment than at another.
 */
export async function measured(dbs: readonly Kysely<Rows>[]): Promise<number[][]> {
  for (const db of dbs) await prepare(db)
  const works = Object.values(WORKS)
  const times = dbs.map(() => works.map((): number[] => []))
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [n, db] of dbs.entries()) {
      for (const [w, { run, tasks }] of works.entries()) {
        const time = await microsEach((count) => run(db, count), tasks)
        if (round > 0) times[n]![w]!.push(time)
      }
    }
  }
  return times.map((ofDb) => ofDb.map(median))
}

async function prepare(db: Kysely<Rows>): Promise<void> {
  await db.schema.dropTable('poolclass_bench').ifExists().execute()
  await db.schema
    .createTable('poolclass_bench')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('text', 'text', (column) => column.notNull())
    .execute()
  await db
    .insertInto('poolclass_bench')
    .values(Array.from({ length: ROWS }, () => ROW))
    .execute()
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!

async function microsEach(run: (n: number) => Promise<unknown>, tasks: number): Promise<number> {
  const start = performance.now()
  let done = 0
  const task = async (): Promise<void> => {
    while (performance.now() - start < ROUND_TIME) {
      done += 1
      await run(done)
    }
  }
  await Promise.all(Array.from({ length: tasks }, task))
  return ((performance.now() - start) * 1000) / done
}

const ROW = { text: 'a text of some length' }

const ROWS = 1000

const ROUNDS = 5

/** Milliseconds. */
const ROUND_TIME = 60
