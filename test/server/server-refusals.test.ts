import { CompiledQuery } from 'kysely'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../support/failure.ts'
import { LibsqlServer, hasServer } from '../support/libsql-server.ts'
import { openServer } from '../support/open-server.ts'
import { refusingProxy } from '../support/refusing-proxy.ts'
import { run } from '../support/statements.ts'
import { collectWarnings } from '../support/warnings.ts'
import { type Answerer, status, webServer } from '../support/web-server.ts'

const WRITE = 'insert into t values (1)'
const RESULT = { cols: [], rows: [], affected_row_count: 1, last_insert_rowid: '1' }
const ANSWER = { baton: null, results: [{ type: 'ok', response: { type: 'execute', result: RESULT } }] }
const CURSOR = [
  { baton: null },
  { type: 'step_begin', step: 0, cols: [{ name: 'a' }] },
  { type: 'step_end', affected_row_count: 0, last_insert_rowid: null },
]
const carryOut: Answerer = ({ url }, response) =>
  void response.end(
    url === '/v3/cursor'
      ? CURSOR.map((line) => `${JSON.stringify(line)}\n`).join('')
      : JSON.stringify(ANSWER),
  )

/** Refuses the first requests, then answers. Notes when each arrives. */
async function refusingServer(times: number, refuse: Answerer): Promise<{ url: string; arrivals: number[] }> {
  const arrivals: number[] = []
  const { url } = await webServer((...given) => {
    arrivals.push(performance.now())
    return (arrivals.length > times ? carryOut : refuse)(...given)
  })
  return { url, arrivals }
}

/** By the clock of the server, which is wrong. */
const inOneSecond = {
  date: 'Mon, 01 Jan 2001 00:00:00 GMT',
  'retry-after': 'Mon, 01 Jan 2001 00:00:01 GMT',
}

test.each<[string, Answerer]>([
  ['429', status(429)],
  ['429 and a reason', status(429, '{"error":"Too many concurrent requests"}')],
  ['429 and a pause of 0 s', status(429, '', { 'retry-after': '0' })],
  ['429 and a date that is over', status(429, '', { 'retry-after': 'Mon, 01 Jan 2001 00:00:00 GMT' })],
  ['429 and a pause of nonsense', status(429, '', { 'retry-after': '-1 soon' })],
])('a write that a server refuses with %s is sent again until it is taken', async (_, refuse) => {
  const { url, arrivals } = await refusingServer(2, refuse)
  const { db } = openServer(url)
  const { numInsertedOrUpdatedRows } = await db.insertInto('t').values({ a: 1 }).executeTakeFirstOrThrow()
  expect(numInsertedOrUpdatedRows).toBe(1n)
  expect(arrivals).toHaveLength(3)
})

test.each<[string, Answerer]>([
  ['seconds', status(429, '', { 'retry-after': '1' })],
  ['a date by the clock of the server', status(429, '', inOneSecond)],
])('a refused request waits for as long as the server asks with %s', async (_, refuse) => {
  const { url, arrivals } = await refusingServer(1, refuse)
  await run(openServer(url).db, WRITE)
  expect(arrivals).toHaveLength(2)
  // A timer may fire a millisecond early.
  expect(arrivals[1]! - arrivals[0]!).toBeGreaterThan(990)
})

test('a stream that a server refuses is opened again', async () => {
  const { url, arrivals } = await refusingServer(2, status(429))
  const { db } = openServer(url)
  const rows: unknown[] = []
  const query = CompiledQuery.raw('select a from t')
  for await (const chunk of db.getExecutor().stream(query, 10, {})) rows.push(...chunk.rows)
  expect(rows).toEqual([])
  expect(arrivals).toHaveLength(3)
})

test('a server that always refuses is an error once it has done so for connectArgs.requestTimeout', async () => {
  const { url, arrivals } = await refusingServer(Infinity, status(429, 'Too many concurrent requests'))
  const { db, dialect } = openServer(url, { connectArgs: { requestTimeout: 1500 } })
  const error = await failureOf(run(db, WRITE))
  expect(error).toMatchObject({ code: 'POOLCLASS_SERVER', status: 429, mayHaveHappened: false })
  expect(error.message).toMatch(/429 \(.*\) to \d+ requests within \d+ ms: Too many concurrent requests\. /)
  expect(arrivals.length).toBeGreaterThan(1)
  expect(dialect.pool.status().checkedOut).toBe(0)
})

test('a server that asks for a longer pause than connectArgs.requestTimeout is an error at once', async () => {
  const { url, arrivals } = await refusingServer(1, status(429, '', { 'retry-after': '3600' }))
  const { db } = openServer(url)
  const error = await failureOf(run(db, WRITE))
  expect(error).toMatchObject({ status: 429, mayHaveHappened: false, retryAfter: 3_600_000 })
  expect(error.message).toContain('asks for a pause of 3600000 ms')
  expect(arrivals).toHaveLength(1)
})

describe('a server that answers with 503', () => {
  const PAUSE = { 'retry-after': '0' }

  test('and a pause is asked again only for what reads, because a write may have happened', async () => {
    const read = await refusingServer(1, status(503, '', PAUSE))
    await run(openServer(read.url).db, 'select 1')
    expect(read.arrivals).toHaveLength(2)
    const write = await refusingServer(1, status(503, '', PAUSE))
    expect(await failureOf(run(openServer(write.url).db, WRITE))).toMatchObject({ mayHaveHappened: true })
    expect(write.arrivals).toHaveLength(1)
  })

  test('and no pause is an error', async () => {
    const { url, arrivals } = await refusingServer(1, status(503))
    expect(await failureOf(run(openServer(url).db, 'select 1'))).toMatchObject({ status: 503 })
    expect(arrivals).toHaveLength(1)
  })
})

test('a query whose signal fires during the pause ends at once, and is not sent again', async () => {
  const { url, arrivals } = await refusingServer(1, status(429, '', { 'retry-after': '20' }))
  const { db, dialect } = openServer(url)
  const controller = new AbortController()
  const waiting = db
    .insertInto('t')
    .values({ a: 1 })
    .execute({ signal: controller.signal, inflightQueryAbortStrategy: 'cancel query' })
  await expect.poll(() => arrivals.length, { timeout: 20_000 }).toBe(1)
  controller.abort(new Error('enough'))
  expect((await failureOf(waiting)).message).toBe('enough')
  await expect.poll(() => dialect.pool.status().checkedOut, { timeout: 20_000 }).toBe(0)
  await db.destroy()
  expect(arrivals).toHaveLength(1)
})

test('a warning tells once that a server refuses requests', async () => {
  const warnings = collectWarnings('POOLCLASS_SERVER_REFUSES')
  const { url } = await refusingServer(3, status(429))
  const { db } = openServer(url)
  await run(db, WRITE)
  await run(db, WRITE)
  expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining('with the status 429')])
})

test('a read that a replica refuses goes to the primary at once, and the replica rests for as long as it asks', async () => {
  const replica = await refusingServer(Infinity, status(429, '', { 'retry-after': '60' }))
  const primary = await refusingServer(0, status(429))
  const { db } = openServer(primary.url, { connectArgs: { replicas: [replica.url] } })
  for (let read = 0; read < 3; read += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await run(db, 'select 1')
  }
  expect(primary.arrivals).toHaveLength(3)
  expect(replica.arrivals).toHaveLength(1)
})

describe.runIf(hasServer)('a libSQL server behind a proxy that refuses every second request', () => {
  test('carries each write and each transaction out once', async () => {
    const server = await LibsqlServer.start()
    let requests = 0
    const isRefused = (): boolean => (requests += 1) % 2 === 1
    const proxy = await refusingProxy(server.url, isRefused, status(429))
    const { db } = openServer(proxy.url)
    await run(db, 'create table t (a integer primary key, b integer)')
    await Promise.all(Array.from({ length: 5 }, (_, a) => run(db, `insert into t values (${a}, 1)`)))
    const transactions = Array.from({ length: 5 }, () =>
      db.transaction().execute(async (trx) => {
        await run(trx, 'update t set b = b + 1 where a = 0')
        await run(trx, 'update t set b = b + 1 where a = 1')
      }),
    )
    await Promise.all(transactions)
    const rows = await run(db, 'select b from t order by a')
    expect(rows.map(({ b }) => b)).toEqual([6, 6, 1, 1, 1])
    expect(proxy.refused()).toBeGreaterThanOrEqual(20)
  })
})
