import type { Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import { isLongRun, sampled } from '../support/effort.ts'
import { open } from '../support/open.ts'
import { PLACES, PLACES_FOR_LONG, PLACES_FOR_MANY } from '../support/places.ts'
import { type Executor, run } from '../support/statements.ts'
import { stopwatch } from '../support/stopwatch.ts'

/** Milliseconds. Left to itself, the loop turns every ten or so. */
const RARELY = 50

const ROWS = 1000

/** The usual time between two beats of a timer of 5 ms while `work` is under way. */
async function gapDuring(work: () => Promise<unknown>): Promise<number> {
  const clock = stopwatch()
  const gaps: number[] = []
  let last = clock()
  const beat = (): void => {
    const now = clock()
    gaps.push(now - last)
    last = now
  }
  const timer = setInterval(beat, 5)
  await work()
  beat()
  clearInterval(timer)
  gaps.sort((a, b) => a - b)
  if (isLongRun) console.log(`the longest gap of a timer of 5 ms: ${gaps.at(-1)!.toFixed(1)} ms`)
  return gaps[Math.floor(gaps.length / 2)]!
}

async function repeatFor(time: number, act: (n: number) => Promise<unknown>): Promise<void> {
  const end = performance.now() + time
  // oxlint-disable-next-line no-await-in-loop -- one after the other, without a pause
  for (let n = 0; performance.now() < end; n += 1) await act(n)
}

async function insertInto(db: Executor, count: number): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop -- one after the other, without a pause
  for (let n = 0; n < count; n += 1) await run(db, 'insert into t (a) values (?)', n)
}

async function streamAll(db: Kysely<any>, chunkSize: number): Promise<void> {
  let rows = 0
  for await (const _ of db.selectFrom('t').selectAll().stream(chunkSize)) rows += 1
  if (rows !== ROWS) throw new Error(`the stream gave ${rows} rows`)
}

const WORKS: readonly (readonly [what: string, work: (db: Kysely<any>) => Promise<unknown>])[] = [
  ['point selects', (db) => repeatFor(400, (n) => run(db, 'select * from t where id = ?', n % ROWS))],
  ['inserts', (db) => repeatFor(400, () => run(db, 'insert into t (a) values (1)'))],
  ['texts of their own', (db) => repeatFor(400, (n) => run(db, `select ${n} from t limit 1`))],
  [
    'inserts of one transaction',
    (db) => db.transaction().execute((trx) => repeatFor(400, () => run(trx, 'insert into t (a) values (1)'))),
  ],
  ['streams', (db) => repeatFor(400, () => streamAll(db, 10))],
  ['streams row by row', (db) => repeatFor(400, () => streamAll(db, 1))],
]

describe.each(sampled(PLACES_FOR_LONG, 2))('%s', (place) => {
  test.each(WORKS)('a timer fires beside %s, awaited without a pause', async (_, work) => {
    const { db } = open(place.config())
    await run(db, 'create table t (id integer primary key, a)')
    await db.transaction().execute((trx) => insertInto(trx, ROWS))
    expect(await gapDuring(() => work(db))).toBeLessThan(RARELY)
  })
})

test.each(PLACES.filter(({ poolclass }) => poolclass === 'StaticPool'))(
  'a timer fires beside a transaction of 100,000 inserts on a %s',
  { tags: 'slow' },
  async (place) => {
    const { db } = open(place.config())
    await run(db, 'create table t (id integer primary key, a)')
    const gap = await gapDuring(() => db.transaction().execute((trx) => insertInto(trx, 100_000)))
    expect(gap).toBeLessThan(RARELY)
  },
)

test.each(sampled(PLACES_FOR_MANY.filter(({ kind }) => kind === 'file')))(
  'a timer fires beside tasks that take turns to write, on a %s',
  async (place) => {
    const { db } = open(place.config())
    await run(db, 'create table t (id integer primary key, a)')
    const gap = await gapDuring(() =>
      Promise.all(
        Array.from({ length: 8 }, () => repeatFor(400, () => run(db, 'insert into t (a) values (1)'))),
      ),
    )
    expect(gap).toBeLessThan(RARELY)
  },
)
