import { CompiledQuery, type DatabaseConnection } from 'kysely'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { untilAllReturned } from '../support/counters.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { resultOf } from '../support/script-process.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { CREATOR, UP_TO } from './creators.ts'
import { inSession } from './in-session.ts'

const NUMBERS = `${UP_TO} select i from c`
/** Rows that a thread reads at a time, at least. */
const BLOCK = 1000

const COUNTED = `${UP_TO} select produce(i) as i from c`

type Chunks = AsyncIterableIterator<{ readonly rows: readonly { i: number }[] }>

function chunksOf(session: DatabaseConnection, text: string, rows: number, chunkSize: number): Chunks {
  return session.streamQuery<any>(CompiledQuery.raw(text, [rows]), chunkSize)
}

async function rowsOf(session: DatabaseConnection, text: string, ...parameters: unknown[]): Promise<any[]> {
  const { rows } = await session.executeQuery(CompiledQuery.raw(text, parameters))
  return rows
}

describe.each([1, 7, 100, 1000, 2500])('a stream in chunks of %i', (chunkSize) => {
  test('brings any number of rows in chunks of exactly that size', async () => {
    const { db, dialect } = open<any>({ url: ':memory:', threads: 1 })
    for (const count of [1, 99, 100, 101, 700, 999, 1000, 1001, 2001, 5000]) {
      const sizes: number[] = []
      const seen: number[] = []
      const query = CompiledQuery.raw(NUMBERS, [count])
      for await (const { rows } of db.getExecutor().stream<any>(query, chunkSize)) {
        sizes.push(rows.length)
        for (const { i } of rows) seen.push(i)
      }
      expect(seen).toEqual(Array.from({ length: count }, (_, index) => index + 1))
      const last = sizes.pop()
      expect(last).toBe(((count - 1) % chunkSize) + 1)
      expect(sizes).toEqual(sizes.map(() => chunkSize))
    }
    await untilAllReturned(dialect)
  })

  test('whose reader pauses reads a few blocks ahead and no more', async () => {
    const { dialect } = open<any>({ url: ':memory:', threads: 1, creator: CREATOR })
    await inSession(dialect, async (session) => {
      const stream = chunksOf(session, COUNTED, 1_000_000, chunkSize)
      let read = 0
      for (let chunk = 0; chunk < 3; chunk += 1) read += (await stream.next()).value?.rows.length ?? 0
      await delay(50)
      const [{ produced }] = await rowsOf(session, 'select produced() as produced')
      expect(produced - read).toBeLessThanOrEqual(4 * Math.max(chunkSize, BLOCK))
      await stream.return?.()
      const [after] = await rowsOf(session, 'select produced() as produced')
      expect(after.produced - read).toBeLessThanOrEqual(4 * Math.max(chunkSize, BLOCK))
    })
  })
})

test('two streams of one connection go forward side by side', async () => {
  const { dialect } = open<any>({ url: ':memory:', threads: 1 })
  await inSession(dialect, async (session) => {
    await rowsOf(session, 'select 1')
    const [slow, quick] = [chunksOf(session, NUMBERS, 3000, 7), chunksOf(session, NUMBERS, 3000, 300)]
    const seen: [number[], number[]] = [[], []]
    for (let ended = 0; ended < 2;) {
      const next = await Promise.all([slow.next(), quick.next()])
      ended = next.filter(({ done }) => done === true).length
      for (const [index, { done, value }] of next.entries()) {
        if (done !== true) for (const { i } of value.rows) seen[index]?.push(i)
      }
    }
    const all = Array.from({ length: 3000 }, (_, index) => index + 1)
    expect(seen).toEqual([all, all])
  })
})

test('two streams that are the first on their connection both begin', async () => {
  const { dialect } = open<any>({ url: ':memory:', threads: 1 })
  await inSession(dialect, async (session) => {
    const streams = [1, 2].map(() => chunksOf(session, NUMBERS, 10, 5))
    const firsts = await Promise.all(streams.map((stream) => stream.next()))
    expect(firsts.map(({ value }) => value?.rows.length)).toEqual([5, 5])
  })
}, 5000)

test('a stream, and the queries between its rows, go on side by side on one connection', async () => {
  const { dialect } = open<any>({ url: ':memory:', threads: 1 })
  await inSession(dialect, async (session) => {
    let last = 0
    for await (const { rows } of chunksOf(session, NUMBERS, 1000, 50)) {
      last = rows.at(-1)?.i ?? last
      expect(await rowsOf(session, 'select ? as last', last)).toEqual([{ last }])
    }
    expect(last).toBe(1000)
  })
})

test('a stream of five million rows holds constant memory', { tags: 'slow' }, async () => {
  const { count, growth } = await resultOf('threads/scripts/long-stream.ts', [])
  expect(count).toBe(5_000_000)
  expect(growth).toBeLessThan(64 * 2 ** 20)
})

test('a stream that was read ahead says nothing of a transaction that began after it', async () => {
  const { db, dialect } = open<any>({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'QueuePool',
    threads: 1,
  })
  await run(db, 'create table t (a)')
  const driver = dialect.createDriver()
  await driver.init()
  const session = await driver.acquireConnection()
  // Two chunks, which a thread reads ahead however slow it is.
  const stream = chunksOf(session, NUMBERS, 700, 500)
  await stream.next()
  await rowsOf(session, 'select 1')
  await driver.beginTransaction(session, {})
  await rowsOf(session, 'insert into t values (1)')
  for await (const { rows } of stream) expect(rows.length).toBeGreaterThan(0)
  await driver.commitTransaction(session)
  await driver.releaseConnection(session)
  await run(db, 'insert into t values (2)')
  await driver.destroy()
  expect(await run(db, 'select a from t')).toEqual([{ a: 1 }, { a: 2 }])
})

test('a stream whose connection rolls back while a chunk is awaited is told that it has ended', async () => {
  const { dialect } = open<any>({ url: ':memory:', threads: 1, creator: CREATOR })
  await inSession(dialect, async (session) => {
    await rowsOf(session, 'select 1')
    const stream = chunksOf(session, `${UP_TO} select sleep(5) as i from c`, 100_000, 50)
    const first = failureOf(stream.next())
    await delay(50)
    await dialect.createDriver().rollbackTransaction(session)
    expect((await first).code).toBe('POOLCLASS_STREAM_ENDED')
  })
})
