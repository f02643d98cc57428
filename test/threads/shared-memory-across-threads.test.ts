import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { failureOf } from '../support/failure.ts'
import { times } from '../support/statements.ts'
import { lostIncrements } from './counter.ts'
import { PiscinaThreads } from './piscina.ts'
import type { Config } from './scripts/tasks.ts'
import { newSharedUrl, SHARED_CONFIGS } from './shared-configs.ts'
import { mainThread as main, type Thread, WorkerThread } from './thread.ts'

const workers = [new WorkerThread(), new WorkerThread(), new WorkerThread(), new WorkerThread()] as const
const [one, two, three] = workers
const piscina = new PiscinaThreads(4)

afterEach(async () => {
  await Promise.all([main, ...workers].map((thread) => thread.do('destroy')))
  await piscina.destroyDialects()
})

afterAll(async () => {
  await Promise.all([...workers, piscina].map((thread) => thread.terminate()))
})

const tables = "select name from sqlite_schema where type = 'table'"

/** Has the first thread create a table and each thread write its number there; returns what each of them then reads. */
async function numbersSeen(config: Config, threads: readonly Thread[]): Promise<number[][]> {
  await threads[0]?.do('run', { config, sql: 'create table t (x integer primary key)' })
  await Promise.all(
    threads.map((thread, x) => thread.do('run', { config, sql: `insert into t values (${x})` })),
  )
  return Promise.all(
    threads.map(async (thread) => {
      const rows = await thread.do('run', { config, sql: 'select x from t order by x' })
      return rows.map(({ x }) => x)
    }),
  )
}

describe.each(SHARED_CONFIGS)('%s', (_, newConfig) => {
  test('is one database for the main thread and its workers: each reads what the others wrote', async () => {
    const seen = await numbersSeen(newConfig(), [main, ...workers])
    expect(seen).toEqual(times(5, [0, 1, 2, 3, 4]))
  })

  test('is one database for workers where the main thread never opens it', async () => {
    expect(await numbersSeen(newConfig(), workers)).toEqual(times(4, [0, 1, 2, 3]))
  })

  test('is one database for all threads of a Piscina pool, and for the main thread and a worker as well', async () => {
    const config = newConfig()
    expect(await numbersSeen(config, times(4, piscina))).toEqual(times(4, [0, 1, 2, 3]))
    for (const thread of [main, one]) {
      expect(await thread.do('run', { config, sql: 'select count(*) as n from t' })).toEqual([{ n: 4 }])
    }
  })

  test('loses no increment of the main thread and three workers at once', async () => {
    expect(await lostIncrements(newConfig(), [main, one, two, three])).toBe(0)
  })

  test('loses no increment of four workers at once', async () => {
    expect(await lostIncrements(newConfig(), workers)).toBe(0)
  })

  test('loses no increment of four Piscina threads at once', async () => {
    expect(await lostIncrements(newConfig(), times(4, piscina))).toBe(0)
  })

  test('lives as long as any thread has it open, and is gone after the last destroy()', async () => {
    const config = newConfig()
    await main.do('run', { config, sql: 'create table t as select 1 as x' })
    await one.do('run', { config, sql: 'insert into t values (2)' })
    await main.do('destroy')
    expect(await two.do('run', { config, sql: 'select x from t' })).toEqual([{ x: 1 }, { x: 2 }])
    await one.do('destroy')
    expect(await two.do('run', { config, sql: 'select x from t' })).toEqual([{ x: 1 }, { x: 2 }])
    await two.do('destroy')
    for (const thread of [main, one, two]) {
      expect(await thread.do('run', { config, sql: tables })).toEqual([])
      await thread.do('destroy')
    }
  })
})

test.each(['QueuePool', 'NullPool', 'SingletonThreadPool'] as const)(
  'with %s in each thread, four threads at once lose no increment either',
  async (poolclass) => {
    expect(await lostIncrements({ url: newSharedUrl(), poolclass }, [main, one, two, three])).toBe(0)
  },
)

test('two names are two databases, in whatever thread', async () => {
  const [mine, other] = [newSharedUrl(), newSharedUrl()]
  await main.do('run', { config: mine, sql: 'create table mine (x)' })
  await one.do('run', { config: other, sql: 'create table other (x)' })
  for (const thread of [main, one, two]) {
    expect(await thread.do('run', { config: mine, sql: tables })).toEqual([{ name: 'mine' }])
    expect(await thread.do('run', { config: other, sql: tables })).toEqual([{ name: 'other' }])
  }
})

test('threads that write one name in different ways have one database', async () => {
  const name = randomUUID()
  await main.do('run', {
    config: `file:${name}?mode=memory&cache=shared`,
    sql: 'create table t as select 1 as x',
  })
  for (const [thread, config] of [
    [one, `file:/${name}?vfs=memdb`],
    [two, `sqlite:///file:${name}?mode=memory&cache=shared&uri=true`],
    [three, { url: `file:/${name}?vfs=memdb`, poolclass: 'QueuePool' }],
  ] as const) {
    expect(await thread.do('run', { config, sql: 'select x from t' })).toEqual([{ x: 1 }])
  }
})

test('a read waits for the write transaction of another thread, and sees what it wrote', async () => {
  const config = newSharedUrl()
  await main.do('run', { config, sql: 'create table t as select 1 as x' })
  await one.do('begin', { config, sql: 'insert into t values (2)' })
  const reading = [main, two].map((thread) => thread.do('run', { config, sql: 'select x from t' }))
  await one.do('commit')
  expect(await Promise.all(reading)).toEqual(times(2, [{ x: 1 }, { x: 2 }]))
})

test('who does not want to wait for another thread gets SQLITE_BUSY, and nobody else is disturbed', async () => {
  const url = newSharedUrl()
  const impatient = { url, connectArgs: { timeout: 0 } }
  await one.do('run', { config: url, sql: 'create table t as select 1 as x' })
  await main.do('run', { config: impatient, sql: 'select x from t' })
  await one.do('begin', { config: url, sql: 'insert into t values (2)' })
  const error = await failureOf(main.do('run', { config: impatient, sql: 'insert into t values (3)' }))
  expect(error).toMatchObject({ code: 'SQLITE_BUSY', message: expect.stringContaining('another connection') })
  await one.do('commit')
  await main.do('run', { config: impatient, sql: 'insert into t values (3)' })
  expect(await one.do('run', { config: url, sql: 'select x from t' })).toEqual([{ x: 1 }, { x: 2 }, { x: 3 }])
})

describe.each([
  ':memory:',
  { url: ':memory:', poolclass: 'StaticPool' },
  { url: ':memory:', poolclass: 'StaticPool', connectArgs: { checkSameThread: true } },
] as const)('%j', (config) => {
  test.each([
    ['the main thread', 'a worker', main, one],
    ['a worker', 'the main thread', one, main],
    ['one worker', 'another', one, two],
  ] as const)('of %s is not the one of %s, whose error names the URL that is shared', async (...args) => {
    const [, , owner, stranger] = args
    await owner.do('run', { config, sql: 'create table t as select 1 as x' })
    const error = await failureOf(stranger.do('run', { config, sql: 'select x from t' }))
    expect(error.message).toMatch(/^no such table: t\. .*private to this dialect and this thread/)
    expect(error.message).toContain("'file:app?mode=memory&cache=shared'")
    await stranger.do('run', { config, sql: 'create table t as select 2 as x' })
    expect(await owner.do('run', { config, sql: 'select x from t' })).toEqual([{ x: 1 }])
  })
})
