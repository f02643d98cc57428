import type { Kysely } from 'kysely'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { isLongRun, sampled } from '../support/effort.ts'
import { open, threads } from '../support/open.ts'
import { PLACES, PLACES_FOR_WAITS, PLACES_FOR_MANY } from '../support/places.ts'
import { openPlain } from '../support/open-plain.ts'
import { type Executor, run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Milliseconds of processor time. Left to itself, the loop turns every ten or so. */
const RARELY = 50

/** That many show what is usual. */
const BEATS = 20

/** Milliseconds. The beats take a fifth of a second, and more on a busy machine; without turns there are none. */
const LONG = 30_000

const ROWS = 1000

/** Milliseconds after which a turn is ordered, and not yet waited for. */
const DUE = 5

/** A timer of 5 ms, and what the process did between two beats: what it did not get or waited for is not counted. */
class Timer {
  readonly #gaps: number[] = []
  readonly #timer: NodeJS.Timeout
  #last = processorTime()

  constructor() {
    this.#timer = setInterval(() => this.#beat(), 5)
    onTestFinished(() => clearInterval(this.#timer))
  }

  get beats(): number {
    return this.#gaps.length
  }

  #beat(): void {
    const now = processorTime()
    this.#gaps.push(now - this.#last)
    this.#last = now
  }

  /** Milliseconds; Infinity where it has fired too seldom to tell. */
  get usualGap(): number {
    if (this.beats < BEATS) return Infinity
    const gaps = this.#gaps.toSorted((a, b) => a - b)
    if (isLongRun) console.log(`the longest gap of a timer of 5 ms: ${gaps.at(-1)!.toFixed(1)} ms`)
    return gaps[Math.floor(gaps.length / 2)]!
  }
}

/** Milliseconds. */
function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Goes on until the timer has fired often enough to tell, or would have. */
async function repeatBeside(timer: Timer, act: (n: number) => Promise<unknown>): Promise<void> {
  const end = performance.now() + LONG
  // oxlint-disable-next-line no-await-in-loop -- one after the other, without a pause
  for (let n = 0; timer.beats < BEATS && performance.now() < end; n += 1) await act(n)
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

const WORKS: readonly (readonly [what: string, work: (db: Kysely<any>, timer: Timer) => Promise<unknown>])[] =
  [
    [
      'point selects',
      (db, timer) => repeatBeside(timer, (n) => run(db, 'select * from t where id = ?', n % ROWS)),
    ],
    ['inserts', (db, timer) => repeatBeside(timer, () => run(db, 'insert into t (a) values (1)'))],
    ['texts of their own', (db, timer) => repeatBeside(timer, (n) => run(db, `select ${n} from t limit 1`))],
    [
      'inserts of one transaction',
      (db, timer) =>
        db
          .transaction()
          .execute((trx) => repeatBeside(timer, () => run(trx, 'insert into t (a) values (1)'))),
    ],
    ['streams', (db, timer) => repeatBeside(timer, () => streamAll(db, 10))],
    ['streams row by row', (db, timer) => repeatBeside(timer, () => streamAll(db, 1))],
  ]

describe.each(sampled(PLACES_FOR_WAITS, 2))('%s', (place) => {
  test.each(WORKS)('a timer fires beside %s, awaited without a pause', async (_, work) => {
    const { db } = open(place.config())
    await run(db, 'create table t (id integer primary key, a)')
    await db.transaction().execute((trx) => insertInto(trx, ROWS))
    const timer = new Timer()
    await work(db, timer)
    expect(timer.usualGap).toBeLessThan(RARELY)
  })
})

test.each(PLACES.filter(({ poolclass }) => poolclass === 'StaticPool'))(
  'a timer fires beside a transaction of 100,000 inserts on a %s',
  { tags: 'slow' },
  async (place) => {
    const { db } = open(place.config())
    await run(db, 'create table t (id integer primary key, a)')
    const timer = new Timer()
    await db.transaction().execute((trx) => insertInto(trx, 100_000))
    expect(timer.usualGap).toBeLessThan(RARELY)
  },
)

// A statement in another thread turns the loop of this one.
test.runIf(threads === 0)('a turn that is due comes before a commit, which may take long', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const { db } = open({ url, poolclass: 'StaticPool' })
  await run(db, 'create table t (id integer primary key, a)')
  const plain = openPlain(url)
  const rowsAtTurn: unknown[] = []
  // The turn may have come earlier on a busy machine.
  for (let attempt = 0; attempt < 50 && !rowsAtTurn.includes(0); attempt += 1) {
    let isEnding = false
    setImmediate(() => {
      if (isEnding) rowsAtTurn.push(plain.prepare('select count(*) from t').pluck().get())
    })
    await db.transaction().execute(async (trx) => {
      const end = performance.now() + DUE
      while (performance.now() < end) await run(trx, 'insert into t (a) values (1)')
      isEnding = true
    })
    await nextTurn()
    await run(db, 'delete from t')
  }
  expect(rowsAtTurn).toContain(0)
})

test.each(sampled(PLACES_FOR_MANY.filter(({ kind }) => kind === 'file')))(
  'a timer fires beside tasks that take turns to write, on a %s',
  async (place) => {
    const { db } = open(place.config())
    await run(db, 'create table t (id integer primary key, a)')
    const timer = new Timer()
    const task = () => repeatBeside(timer, () => run(db, 'insert into t (a) values (1)'))
    await Promise.all(Array.from({ length: 8 }, task))
    expect(timer.usualGap).toBeLessThan(RARELY)
  },
)
