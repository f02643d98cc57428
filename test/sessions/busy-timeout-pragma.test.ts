import type { CreatedDatabase } from '@poolclass/dialect'
import { CompiledQuery, type DatabaseConnection, type Kysely } from 'kysely'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sampled } from '../support/effort.ts'
import { Heartbeat } from '../support/heartbeat.ts'
import { open } from '../support/open.ts'
import { openPlain } from '../support/open-plain.ts'
import { handleOf, PlainDatabase } from '../support/plain-database.ts'
import { failureOf } from '../support/failure.ts'
import { onEachOf, run } from '../support/statements.ts'
import { stopwatch } from '../support/stopwatch.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { skips } from '../support/skips.ts'

const poolClasses = ['StaticPool', 'QueuePool', 'NullPool', 'SingletonThreadPool', 'AssertionPool'] as const

/** A new database file, and a plain handle with which to lock it. */
function lockable(): { url: string; other: PlainDatabase } {
  const url = join(temporaryDirectory(), 'app.db')
  const other = openPlain(url)
  other.exec('create table t (x)')
  return { url, other }
}

/** The error of a write that waits for 400 ms in vain, while the event loop turns. */
async function errorAfter400(db: Kysely<any>, other: PlainDatabase): Promise<unknown> {
  other.exec('begin exclusive')
  const heartbeat = new Heartbeat()
  const start = performance.now()
  const taken = stopwatch()
  const failure = await failureOf(run(db, 'insert into t values (1)'))
  expect(performance.now() - start).toBeGreaterThan(350)
  expect(taken()).toBeLessThan(2000)
  await heartbeat.expectRegular()
  return failure
}

test.each(sampled(poolClasses, 2))(
  'PRAGMA busy_timeout is the time that %s waits, without blocking the thread',
  async (poolclass) => {
    const { url, other } = lockable()
    const { db } = open({ url, poolclass })
    await run(db, 'PRAGMA busy_timeout = 400')
    await run(db, 'select * from t')
    expect(await errorAfter400(db, other)).toMatchObject({ code: 'SQLITE_BUSY' })
  },
)

test.each(poolClasses)('reading PRAGMA busy_timeout gives what was set, on %s', async (poolclass) => {
  const { url } = lockable()
  const { db } = open({ url, poolclass })
  expect(await run(db, 'pragma busy_timeout = 321')).toEqual([{ timeout: 321 }])
  expect(await run(db, 'pragma busy_timeout')).toEqual([{ timeout: 321 }])
  expect(await run(db, 'PRAGMA main.busy_timeout(123)')).toEqual([{ timeout: 123 }])
  expect(await run(db, 'pragma busy_timeout')).toEqual([{ timeout: 123 }])
  expect(await run(db, 'pragma busy_timeout = -5')).toEqual([{ timeout: 0 }])
  expect(await run(db, 'pragma busy_timeout')).toEqual([{ timeout: 0 }])
})

test('reading PRAGMA busy_timeout gives the timeout of the config while nothing else was set', async () => {
  const { url } = lockable()
  expect(await run(open(url).db, 'pragma busy_timeout')).toEqual([{ timeout: 5000 }])
  const { db } = open({ url, connectArgs: { timeout: 77 } })
  expect(await run(db, 'pragma busy_timeout')).toEqual([{ timeout: 77 }])
})

test.skipIf(skips.inThreads)(
  "SQLite's own busy handler stays off, whoever opens the handle and whatever is set",
  async () => {
    const { url } = lockable()
    const handles: PlainDatabase[] = []
    const creator = (): CreatedDatabase => {
      const handle = new PlainDatabase(url, { timeout: 9000 })
      handles.push(handle)
      return handleOf(handle)
    }
    const { db } = open({ url, poolclass: 'QueuePool', creator })
    await onEachOf(db, 3, 'select 1')
    await run(db, 'pragma busy_timeout = 400')
    await onEachOf(db, 3, 'select 1')
    await db.transaction().execute((trx) => run(trx, 'pragma busy_timeout = 300'))
    const timeouts = handles
      .filter((handle) => handle.open)
      .map((handle) => handle.pragma('busy_timeout', { simple: true }))
    expect(timeouts.length).toBeGreaterThan(1)
    expect(timeouts).toEqual(timeouts.map(() => 0))
  },
)

test('a busy timeout set inside db.connection() holds there alone', async () => {
  const { url, other } = lockable()
  const { db } = open({ url, poolclass: 'QueuePool' })
  await run(db, 'pragma busy_timeout = 4000')
  other.exec('begin immediate')
  await db.connection().execute(async (connection) => {
    await run(connection, 'select 1')
    await run(connection, 'pragma busy_timeout = 50')
    expect(await run(connection, 'pragma busy_timeout')).toEqual([{ timeout: 50 }])
    const taken = stopwatch()
    const failure = await failureOf(run(connection, 'insert into t values (1)'))
    expect(failure).toMatchObject({ code: 'SQLITE_BUSY' })
    expect(taken()).toBeLessThan(1500)
  })
  expect(await run(db, 'pragma busy_timeout')).toEqual([{ timeout: 4000 }])
})

test('two dialects on one file have busy timeouts of their own', async () => {
  const { url } = lockable()
  const [one, two] = [open(url).db, open(url).db]
  await run(one, 'pragma busy_timeout = 10')
  expect(await run(two, 'pragma busy_timeout')).toEqual([{ timeout: 5000 }])
})

test('a statement goes through once the lock is released within the busy timeout', async () => {
  const { url, other } = lockable()
  const { db } = open(url)
  await run(db, 'pragma busy_timeout = 3000')
  other.exec('begin exclusive')
  setTimeout(() => other.exec('commit'), 60)
  await run(db, 'insert into t values (1)')
  expect(await run(db, 'select x from t')).toEqual([{ x: 1 }])
})

test('a busy timeout that the first of several statements in db.connection() sets holds there alone, too', async () => {
  const { url } = lockable()
  const { db, dialect } = open({ url, poolclass: 'QueuePool' })
  await db.connection().execute(async (connection) => {
    await run(connection, 'pragma busy_timeout = 50')
    expect(await run(connection, 'pragma busy_timeout')).toEqual([{ timeout: 50 }])
    expect(await run(db, 'pragma busy_timeout')).toEqual([{ timeout: 5000 }])
  })
  expect(await run(db, 'pragma busy_timeout')).toEqual([{ timeout: 5000 }])
  expect(dialect.pool.status().closed).toBe(0)
})

/** Sets the busy timeout of each new connection as somebody would who has one connection. */
async function setTimeoutTo400(connection: DatabaseConnection): Promise<void> {
  await connection.executeQuery(CompiledQuery.raw('pragma busy_timeout = 400'))
}

test.each(sampled(poolClasses, 2))(
  'PRAGMA busy_timeout in onCreateConnection is the time that %s waits, without blocking the thread',
  async (poolclass) => {
    const { url, other } = lockable()
    const { db } = open({ url, poolclass, onCreateConnection: setTimeoutTo400 })
    await run(db, 'select * from t')
    expect(await errorAfter400(db, other)).toMatchObject({ code: 'SQLITE_BUSY' })
  },
)

test.each(sampled(poolClasses, 2))(
  'PRAGMA busy_timeout through db outlives what onCreateConnection sets on later connections of %s',
  async (poolclass) => {
    const { url } = lockable()
    const { db, dialect } = open({ url, poolclass, onCreateConnection: setTimeoutTo400 })
    expect(await run(db, 'pragma busy_timeout')).toEqual([{ timeout: 400 }])
    await run(db, 'pragma busy_timeout = 321')
    await dialect.pool.dispose()
    expect(await run(db, 'pragma busy_timeout')).toEqual([{ timeout: 321 }])
  },
)

test('onCreateConnection reads the busy timeout of the driver', async () => {
  const seen: unknown[] = []
  const { url } = lockable()
  const { db } = open({
    url,
    connectArgs: { timeout: 77 },
    onCreateConnection: async (connection) => {
      const ask = CompiledQuery.raw('pragma busy_timeout')
      seen.push(...(await connection.executeQuery(ask)).rows)
      for await (const { rows } of connection.streamQuery(ask, 1)) seen.push(...rows)
    },
  })
  await run(db, 'select 1')
  expect(seen).toEqual([{ timeout: 77 }, { timeout: 77 }])
})
