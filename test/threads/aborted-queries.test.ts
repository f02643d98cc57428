import { type AbortableQueryOptions, CompiledQuery, type Kysely } from 'kysely'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import type { PooledSqliteDialect, PoolClassName } from '@poolclass/dialect'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { untilAllReturned } from '../support/counters.ts'
import { sampled } from '../support/effort.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { run } from '../support/statements.ts'
import { silentConsole } from '../support/silent-console.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { Begun } from './begun.ts'
import { CREATOR, UP_TO } from './creators.ts'
import { inSession } from './in-session.ts'

/** Far below the length of what is aborted. */
const SOON = 20_000

/** A minute between its first row and its last. */
const manyRows = ({ path }: Begun): CompiledQuery =>
  CompiledQuery.raw(`${UP_TO} select i, sleep_noticed(?, 20) from c`, [3000, path])

/** One row, for which the thread works until it is told to end. */
const oneRow = ({ path }: Begun): CompiledQuery => CompiledQuery.raw('select hold(?) as held', [path])

type Strategy = NonNullable<AbortableQueryOptions['inflightQueryAbortStrategy']>

beforeEach(silentConsole)

function database(poolclass: PoolClassName = 'StaticPool'): {
  db: Kysely<any>
  dialect: PooledSqliteDialect
} {
  return open<any>({ url: join(temporaryDirectory(), 'app.db'), poolclass, threads: 1, creator: CREATOR })
}

async function threadOf(db: Pick<Kysely<any>, 'executeQuery'>): Promise<number> {
  const [{ id }] = await run(db, 'select thread_id() as id')
  return id
}

/** Aborts a query while it runs; returns once its caller is free, and lets the query end only then. */
async function abort(
  db: Pick<Kysely<any>, 'executeQuery'>,
  query: (begun: Begun) => CompiledQuery,
  inflightQueryAbortStrategy: Strategy,
): Promise<void> {
  const controller = new AbortController()
  const reason = new Error('no longer wanted')
  const begun = new Begun()
  const options = { signal: controller.signal, inflightQueryAbortStrategy }
  const waiting = failureOf(db.executeQuery(query(begun), options))
  await begun.noticed()
  const start = performance.now()
  controller.abort(reason)
  expect(await waiting).toBe(reason)
  expect(performance.now() - start).toBeLessThan(SOON)
  begun.end()
}

describe.each(['ignore query', 'cancel query', 'kill session'] as const)(
  'with the strategy “%s”',
  (strategy) => {
    test('the caller is free at once, while the thread still works on one row', async () => {
      const { db, dialect } = database()
      await run(db, 'select 1')
      const aborting = abort(db, oneRow, strategy)
      await aborting
      expect(await run(db, 'select 1 as x')).toEqual([{ x: 1 }])
      await vi.waitFor(() => expect(dialect.pool.status().checkedOut).toBe(0), { timeout: SOON })
    })

    test('a query that is aborted in a transaction leaves a transaction that is saved whole or not at all', async () => {
      const { db, dialect } = database()
      await run(db, 'create table t (a)')
      const transaction = db.transaction().execute(async (trx) => {
        await run(trx, 'insert into t values (1)')
        await abort(trx, oneRow, strategy)
        await run(trx, 'insert into t values (2)')
      })
      const failed = await transaction.then(
        () => false,
        () => true,
      )
      expect(failed).toBe(strategy === 'kill session')
      expect(await run(db, 'select a from t')).toEqual(failed ? [] : [{ a: 1 }, { a: 2 }])
      await untilAllReturned(dialect)
    })

    test('a write that is aborted is carried out whole or not at all', async () => {
      const { db, dialect } = database()
      await run(db, 'create table t (a)')
      const write = `insert into t ${UP_TO} select iif(i < 20, i, hold(?)) from c`
      await abort(db, ({ path }) => CompiledQuery.raw(write, [20, path]), strategy)
      const [{ count }] = await run(db, 'select count(*) as count from t')
      expect(count).toBe(strategy === 'kill session' ? 0 : 20)
      await abort(db, ({ path }) => CompiledQuery.raw(`${write} returning a`, [20, path]), strategy)
      const [next] = await run(db, 'select count(*) as count from t')
      expect(next.count).toBe(strategy === 'kill session' ? 0 : 40)
      await untilAllReturned(dialect)
    })

    test('a signal that fires after the answer changes nothing', async () => {
      const { db } = database()
      const before = await threadOf(db)
      const controller = new AbortController()
      const options: AbortableQueryOptions = {
        signal: controller.signal,
        inflightQueryAbortStrategy: strategy,
      }
      await db.executeQuery(CompiledQuery.raw('select 1'), options)
      controller.abort()
      expect(await threadOf(db)).toBe(before)
    })
  },
)

describe.each(sampled(['QueuePool', 'StaticPool', 'NullPool'] as const))('on a %s', (poolclass) => {
  test('“cancel query” stops a query between two rows, and the thread works on', async () => {
    const { db, dialect } = database(poolclass)
    const before = await threadOf(db)
    const start = performance.now()
    await abort(db, manyRows, 'cancel query')
    expect(await threadOf(db)).toBe(before)
    await untilAllReturned(dialect)
    expect(performance.now() - start).toBeLessThan(SOON)
  })

  test('“kill session” ends a query at once, and the next one gets a new thread', async () => {
    const { db, dialect } = database(poolclass)
    await run(db, 'create table t as select 1 as a')
    const before = await threadOf(db)
    const start = performance.now()
    await abort(db, manyRows, 'kill session')
    expect(await threadOf(db)).not.toBe(before)
    expect(await run(db, 'select a from t')).toEqual([{ a: 1 }])
    await untilAllReturned(dialect)
    expect(performance.now() - start).toBeLessThan(SOON)
  })

  test('a stream that is aborted while its thread reads frees its connection soon', async () => {
    const { db, dialect } = database(poolclass)
    const before = await threadOf(db)
    const controller = new AbortController()
    const reason = new Error('no longer wanted')
    const begun = new Begun()
    const stream = db.getExecutor().stream(manyRows(begun), 2000, { signal: controller.signal })
    const reading = failureOf(stream.next())
    await begun.noticed()
    const start = performance.now()
    controller.abort(reason)
    expect(await reading).toBe(reason)
    expect(await threadOf(db)).toBe(before)
    await untilAllReturned(dialect)
    expect(performance.now() - start).toBeLessThan(SOON)
  })

  test('a stream that is aborted while it waits for its thread is never read', async () => {
    const { db, dialect } = database(poolclass)
    await Promise.all([run(db, 'select 1'), run(db, 'select 1')])
    const controller = new AbortController()
    const reason = new Error('no longer wanted')
    const [other, begun] = [new Begun(), new Begun()]
    const busy = db.executeQuery(oneRow(other))
    await other.noticed()
    const stream = db.getExecutor().stream(manyRows(begun), 2000, { signal: controller.signal })
    const reading = failureOf(stream.next())
    await delay(20)
    controller.abort(reason)
    expect(await reading).toBe(reason)
    other.end()
    await busy
    await untilAllReturned(dialect)
    expect(existsSync(begun.path)).toBe(false)
  })

  test('a stream that is left while its thread reads ahead frees its connection soon', async () => {
    const { db, dialect } = database(poolclass)
    const before = await threadOf(db)
    const start = performance.now()
    const slowing = CompiledQuery.raw(`${UP_TO} select i, sleep(iif(i <= 100, 0, 100)) from c`, [3000])
    for await (const { rows } of db.getExecutor().stream(slowing, 10)) if (rows.length > 0) break
    expect(await threadOf(db)).toBe(before)
    await untilAllReturned(dialect)
    expect(performance.now() - start).toBeLessThan(SOON)
  })
})

describe('“cancel query” does not hit', () => {
  test('a query of another connection in the same thread', async () => {
    const { db } = database('QueuePool')
    await Promise.all([1, 2].map(() => run(db, 'select 1')))
    const aborting = abort(db, manyRows, 'cancel query')
    const other = new AbortController()
    const innocent = db.executeQuery(CompiledQuery.raw(`${UP_TO} select i from c`, [3000]), {
      signal: other.signal,
    })
    const plain = run(db, 'select 1 as x')
    await aborting
    expect((await innocent).rows).toHaveLength(3000)
    expect(await plain).toEqual([{ x: 1 }])
  })

  test('the next query of the same connection', async () => {
    const { db } = database()
    await db.connection().execute(async (connection) => {
      const aborting = abort(connection, manyRows, 'cancel query')
      const next = connection.executeQuery(CompiledQuery.raw(`${UP_TO} select i from c`, [3000]), {
        signal: new AbortController().signal,
      })
      await aborting
      expect((await next).rows).toHaveLength(3000)
    })
  })

  test('a stream that is open on the same connection', async () => {
    const { dialect } = database()
    await inSession(dialect, async (session) => {
      const stream = session.streamQuery<any>(CompiledQuery.raw(`${UP_TO} select i from c`, [5000]), 100)
      const seen = [...((await stream.next()).value?.rows ?? [])]
      const begun = new Begun()
      const failing = failureOf(
        session.executeQuery(manyRows(begun), { signal: new AbortController().signal }),
      )
      await begun.noticed()
      await session.cancelQuery?.(() => Promise.reject(new Error('no connection is needed to cancel')))
      expect(await failing).toMatchObject({ code: 'SQLITE_INTERRUPT' })
      for await (const { rows } of stream) seen.push(...rows)
      expect(seen).toHaveLength(5000)
    })
  })

  test('whoever comes next, whenever the signal fires', async () => {
    const { db, dialect } = database()
    await run(db, 'select 1')
    for (let round = 0; round < 200; round += 1) {
      const controller = new AbortController()
      const options: AbortableQueryOptions = {
        signal: controller.signal,
        inflightQueryAbortStrategy: 'cancel query',
      }
      const aborted = db
        .executeQuery(CompiledQuery.raw(`${UP_TO} select i from c`, [30 + round * 5]), options)
        .catch(() => {})
      const next = db.executeQuery(CompiledQuery.raw(`${UP_TO} select i from c`, [200]), {
        signal: new AbortController().signal,
      })
      for (let count = 0; count < round % 40; count += 1) await Promise.resolve()
      if (round % 3 === 1) await turn()
      if (round % 3 === 2) await delay(round % 4)
      controller.abort()
      expect((await next).rows).toHaveLength(200)
      await aborted
    }
    await untilAllReturned(dialect)
  })
})
