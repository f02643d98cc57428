import type { Kysely } from 'kysely'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../support/failure.ts'
import { LibsqlServer, hasServer } from '../support/libsql-server.ts'
import { openServer } from '../support/open-server.ts'
import { run } from '../support/statements.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'

const COUNT = 8
const IDS = Array.from({ length: COUNT }, (_, i) => i + 1)
const BY_ID = 'select id, text from item where id = ?'
/** Fails for one value of its parameter: there is no absolute value of it. */
const ABSOLUTE = 'select abs(?) as n'
const LOWEST = -(2n ** 63n)

interface Place {
  readonly db: Kysely<any>
  readonly proxy: TcpProxy
  readonly checkedOut: () => number
  readonly logged: string[]
}

/** A database that has run the statements of these tests before, so that it knows how long they take. */
async function newPlace(): Promise<Place> {
  const proxy = await TcpProxy.before((await LibsqlServer.start()).url)
  const logged: string[] = []
  const { db, dialect } = openServer(
    proxy.url,
    { poolSize: COUNT },
    { log: ({ query }) => void logged.push(query.sql) },
  )
  await run(db, 'create table item (id integer primary key, text text not null)')
  for (const id of IDS) await run(db, 'insert into item values (?, ?)', id, `item ${id}`)
  // A machine that is busy makes any statement slow at times.
  for (let i = 0; i < 5; i += 1) await Promise.all([run(db, BY_ID, 1), run(db, ABSOLUTE, 1)])
  proxy.requests = 0
  logged.length = 0
  return { db, proxy, checkedOut: () => dialect.pool.status().checkedOut, logged }
}

const readAll = (db: Kysely<any>): Promise<any[][]> => Promise.all(IDS.map((id) => run(db, BY_ID, id)))
const ALL = IDS.map((id) => [{ id, text: `item ${id}` }])

/** How many requests it takes, where a statement that was slow by chance is trusted again some runs later. */
async function fewestRequests(proxy: TcpProxy, read: () => Promise<unknown>): Promise<number> {
  const counts: number[] = []
  for (let i = 0; i < 50; i += 1) {
    const before = proxy.requests
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await read()
    counts.push(proxy.requests - before)
  }
  return Math.min(...counts)
}

describe.runIf(hasServer)('reads of one tick', () => {
  test('travel in one request, and each has its own answer and its own line in the log', async () => {
    const { db, proxy, logged } = await newPlace()
    expect(await readAll(db)).toEqual(ALL)
    expect(logged).toEqual(IDS.map(() => BY_ID))
    expect(await fewestRequests(proxy, () => readAll(db))).toBe(1)
  })

  test('travel alone before it is known how long they take', async () => {
    const { db, proxy } = await newPlace()
    await Promise.all(IDS.map((id) => run(db, 'select text from item where id = ?', id)))
    expect(proxy.requests).toBe(COUNT)
  })

  test('are not held up by one that was slow before', async () => {
    const { db, proxy } = await newPlace()
    const slow =
      'with recursive n(x) as (select 1 union all select x + 1 from n where x < ?) select count(*) as n from n'
    const count = `select (${slow}) as n`
    await run(db, count, 300_000)
    const done: string[] = []
    const noteAs = (name: string) => () => void done.push(name)
    await Promise.all([
      run(db, count, 3_000_000).then(noteAs('slow')),
      ...IDS.slice(1).map((id) => run(db, BY_ID, id).then(noteAs('short'))),
    ])
    expect(done.at(-1)).toBe('slow')
    const before = proxy.requests
    await Promise.all([run(db, count, 1), readAll(db)])
    expect(proxy.requests - before).toBeGreaterThan(1)
  })

  test('fail one by one, with the error of SQLite', async () => {
    const { db } = await newPlace()
    const values = [1n, -2n, LOWEST, 4n, LOWEST, -6n, 7n]
    const outcomes = await Promise.allSettled(values.map((value) => run(db, ABSOLUTE, value)))
    expect(outcomes.map((each) => (each.status === 'fulfilled' ? each.value : each.reason.message))).toEqual([
      [{ n: 1 }],
      [{ n: 2 }],
      expect.stringContaining('integer overflow'),
      [{ n: 4 }],
      expect.stringContaining('integer overflow'),
      [{ n: 6 }],
      [{ n: 7 }],
    ])
    const [first, second] = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    expect(first).not.toBe(second)
  })

  test('go on when one of them is aborted, and the request ends when all are', { tags: 'slow' }, async () => {
    const { db, proxy, checkedOut } = await newPlace()
    const abortable = (signal: AbortSignal): Promise<Error> =>
      failureOf(
        db
          .selectFrom('item')
          .selectAll()
          .where('id', '=', 1)
          .execute({ signal, inflightQueryAbortStrategy: 'cancel query' }),
      )
    // Its text is another one.
    for (let i = 0; i < 5; i += 1) await db.selectFrom('item').selectAll().where('id', '=', 1).execute()
    proxy.latency = 500
    const one = new AbortController()
    const aborted = abortable(one.signal)
    const others = readAll(db)
    await delay(100)
    one.abort(new Error('enough'))
    expect((await aborted).message).toBe('enough')
    expect(await others).toEqual(ALL)
    proxy.latency = 60_000
    const all = new AbortController()
    const ended = Promise.all(IDS.map(() => abortable(all.signal)))
    await delay(100)
    all.abort(new Error('all of them'))
    expect((await ended).map(({ message }) => message)).toEqual(IDS.map(() => 'all of them'))
    await expect.poll(checkedOut).toBe(0)
    proxy.latency = 0
    const begin = performance.now()
    expect(await readAll(db)).toEqual(ALL)
    expect(performance.now() - begin).toBeLessThan(20_000)
  })

  test('are sent again where the connection was cut, and fail each for itself where it is cut again', async () => {
    const { db, proxy } = await newPlace()
    let requests = 0
    proxy.onRequest = () => ((requests += 1) === 1 ? 'cut answer' : 'pass')
    expect(await readAll(db)).toEqual(ALL)
    proxy.onRequest = () => 'cut answer'
    const outcomes = await Promise.allSettled(IDS.map((id) => run(db, BY_ID, id)))
    const errors = outcomes.map((each) => (each.status === 'rejected' ? each.reason : undefined))
    expect(errors).toEqual(
      IDS.map(() => expect.objectContaining({ code: 'POOLCLASS_SERVER', reason: 'cut' })),
    )
    expect(new Set(errors).size).toBe(COUNT)
    proxy.onRequest = () => 'pass'
    expect(await readAll(db)).toEqual(ALL)
  })

  test('have no answers but their own, whichever are cut and aborted', { tags: 'slow' }, async () => {
    const { db, proxy, checkedOut } = await newPlace()
    let requests = 0
    proxy.onRequest = () => {
      requests += 1
      if (requests % 5 !== 0) return 'pass'
      return requests % 2 === 0 ? 'cut before' : 'cut answer'
    }
    const read = (i: number): Promise<unknown[]> => {
      const controller = new AbortController()
      if (i % 3 === 0) setTimeout(() => controller.abort(new Error('enough')), i % 10)
      return db
        .selectFrom('item')
        .select(['id', 'text'])
        .where('id', '=', IDS[i % COUNT]!)
        .execute({
          signal: controller.signal,
          inflightQueryAbortStrategy: i % 2 === 0 ? 'cancel query' : 'kill session',
        })
    }
    const outcomes = await Promise.allSettled(Array.from({ length: 300 }, (_, i) => read(i)))
    const answered = outcomes.flatMap((each, i) =>
      each.status === 'fulfilled' ? [[i, each.value] as const] : [],
    )
    expect(answered.length).toBeGreaterThan(0)
    expect(answered.map(([, rows]) => rows)).toEqual(answered.map(([i]) => ALL[i % COUNT]))
    const failures = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
    expect(failures.filter(({ message, reason }) => message !== 'enough' && reason !== 'cut')).toEqual([])
    proxy.onRequest = () => 'pass'
    await expect.poll(checkedOut).toBe(0)
    expect(await readAll(db)).toEqual(ALL)
  })

  test('leave writes, transactions and what follows a write in its connection out of it', async () => {
    const { db, proxy } = await newPlace()
    const increment = "update item set text = text || '!' where id = ?"
    const before = proxy.requests
    await Promise.all([
      run(db, increment, 1),
      db.transaction().execute(async (trx) => void (await run(trx, BY_ID, 2))),
      db.connection().execute(async (connection) => {
        await run(connection, increment, 3)
        expect(await run(connection, 'select changes() as n')).toEqual([{ n: 1 }])
      }),
    ])
    expect(proxy.requests - before).toBe(5)
    expect(await run(db, "select count(*) as n from item where text like '%!'")).toEqual([{ n: 2 }])
  })
})
