import type { Kysely } from 'kysely'
import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type CounterDatabase, createCounters, expectAllReturned, ids, insert } from '../support/counters.ts'
import { sampled, scaled } from '../support/effort.ts'
import { Heartbeat } from '../support/heartbeat.ts'
import { open } from '../support/open.ts'
import { PlainDatabase } from '../support/plain-database.ts'
import { isLocked } from '../support/raw-lock.ts'
import { ScriptProcess } from '../support/script-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const READERS = 3
const WRITES = scaled(100)

/** Milliseconds. */
const PAUSE = 10

const pragmas = { journal_mode: 'delete', synchronous: 'off' }

/** Processes that read so that at each moment one of them does. */
async function startReaders(filename: string): Promise<{ end(): Promise<void> }> {
  const readers = Array.from(
    { length: READERS },
    () => new ScriptProcess('concurrency/scripts/read-all-the-time.ts', [filename]),
  )
  await Promise.all(readers.map((reader) => reader.hasPrinted(1)))
  return {
    end: async () => {
      for (const reader of readers) reader.tell('end')
      await Promise.all(readers.map((reader) => reader.ended()))
    },
  }
}

/** Milliseconds that each of `count` writes takes. In the pauses between them the readers get going again. */
async function timesOf(count: number, write: (n: number) => unknown): Promise<number[]> {
  const times: number[] = []
  for (let n = 0; n < count; n += 1) {
    // oxlint-disable no-await-in-loop -- one after the other
    await delay(PAUSE)
    const start = performance.now()
    await write(n)
    times.push(performance.now() - start)
    // oxlint-enable no-await-in-loop
  }
  return times.toSorted((a, b) => a - b)
}

/** The times of inserts for which SQLite's own busy handler waits. */
async function timesOfPlainWrites(filename: string): Promise<number[]> {
  const database = new PlainDatabase(filename, { timeout: 5000 })
  try {
    const statement = database.prepare('insert into counter values (?, 0)')
    return await timesOf(Math.ceil(WRITES / 5), (n) => statement.run(10_000 + n))
  } finally {
    database.close()
  }
}

function ms(time: number): string {
  return `${time.toFixed(1)} ms`
}

function middle(times: readonly number[]): number {
  return times[Math.floor(times.length / 2)]!
}

interface Writing {
  readonly what: string
  readonly transactionMode?: 'exclusive'
  readonly write: (db: Kysely<CounterDatabase>, id: number) => Promise<unknown>
}

const WRITINGS: readonly Writing[] = [
  { what: 'lone writes', write: insert },
  {
    what: 'exclusive transactions',
    transactionMode: 'exclusive',
    write: (db, id) => db.transaction().execute((trx) => insert(trx, id)),
  },
]

describe.each(sampled(['NullPool', 'QueuePool'] as const))(
  'beside processes that read all the time, on a %s,',
  (poolclass) => {
    test.each(WRITINGS)(
      `${WRITES} of ${WRITES} $what get through, and the event loop keeps turning`,
      async ({ what, write, ...more }) => {
        const url = join(temporaryDirectory(), 'app.db')
        const { db, dialect } = open<CounterDatabase>({ url, poolclass, pragmas, ...more })
        await createCounters(db, 10)
        const readers = await startReaders(url)
        const plain = await timesOfPlainWrites(url)
        const heartbeat = new Heartbeat()
        const times = await timesOf(WRITES, (n) => write(db, 100 + n))
        await heartbeat.expectRegular()
        await readers.end()
        console.log(
          `${what}, ${poolclass}: median ${ms(middle(times))}, worst ${ms(times.at(-1)!)}; plain: median ${ms(middle(plain))}, worst ${ms(plain.at(-1)!)}; ratio of the medians ${(middle(times) / middle(plain)).toFixed(1)}`,
        )
        expect((await ids(db)).filter((id) => id >= 100 && id < 10_000)).toHaveLength(WRITES)
        expectAllReturned(dialect)
        expect(isLocked(url)).toBe(false)
        expect(readdirSync(dirname(url))).toEqual([basename(url)])
      },
    )
  },
)
