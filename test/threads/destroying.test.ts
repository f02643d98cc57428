import { Kysely } from 'kysely'
import { join } from 'node:path'
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { scaled } from '../support/effort.ts'
import { failureOf } from '../support/failure.ts'
import { newDialect } from '../support/open.ts'
import { PLACES_FOR_WAITS } from '../support/places.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { CREATOR, UP_TO } from './creators.ts'

beforeEach(() => {
  // Kysely reports there what became of an aborted query.
  vi.spyOn(console, 'error').mockReturnValue()
})

const PERSISTENT = PLACES_FOR_WAITS.filter(
  ({ kind, poolclass }) => kind !== 'memory' && poolclass !== 'AssertionPool',
)

describe.each([
  [0, scaled(20)],
  [1, scaled(7)],
])('with threads: %i,', (threads, rounds) => {
  test.each(PERSISTENT)(
    'on a %s, a second Kysely instance that starts while the first is destroyed keeps its tables',
    async (place) => {
      const dialect = newDialect(place.config({ creator: CREATOR, threads }))
      for (let round = 0; round < rounds; round += 1) {
        const first = new Kysely<any>({ dialect })
        await run(first, 'select 1')
        const destroyed = first.destroy()
        await pauseOf(Math.floor((round * 20) / rounds))
        const second = new Kysely<any>({ dialect })
        const table = `t${round}`
        await run(second, `create table ${table} as select 1 as a`)
        await destroyed
        await turn()
        expect(await run(second, `select a from ${table}`)).toEqual([{ a: 1 }])
        await second.destroy()
      }
    },
  )
})

/** Microtasks, then turns of the event loop, then milliseconds. */
async function pauseOf(round: number): Promise<void> {
  if (round < 10) for (let n = 0; n < round; n += 1) await Promise.resolve()
  else if (round < 15) for (let n = 10; n < round; n += 1) await turn()
  else await delay(round - 15)
}

test(
  'instances over one dialect that start and stop in any order see one database as long as one of them is in use',
  { tags: 'slow' },
  async () => {
    const url = 'file:relay?mode=memory&cache=shared'
    const dialect = newDialect({ url, poolclass: 'NullPool', threads: 2 })
    let random = 1729
    const upTo = (limit: number): number => (random = (random * 48_271) % 2_147_483_647) % limit
    const next = (): Kysely<any> => new Kysely<any>({ dialect })
    let current = next()
    await run(current, 'create table log (n)')
    for (let n = 0; n < 25; n += 1) {
      const follower = next()
      await run(follower, 'insert into log values (?)', n)
      const [destroyed, bystander] = [current.destroy(), next()]
      await pauseOf(upTo(18))
      const started = run(bystander, 'select 1')
      await pauseOf(upTo(18))
      await Promise.all([started.then(() => bystander.destroy()), destroyed])
      current = follower
    }
    const [{ count }] = await run(current, 'select count(*) as count from log')
    expect(count).toBe(25)
    await current.destroy()
    const after = next()
    expect((await failureOf(run(after, 'select * from log'))).message).toContain('no such table')
    await after.destroy()
  },
)

test.each(PLACES_FOR_WAITS)('on a %s, destroy() waits for the write that runs in a thread', async (place) => {
  const db = new Kysely<any>({ dialect: newDialect(place.config({ creator: CREATOR, threads: 1 })) })
  await run(db, 'create table t (a)')
  let isDone = false
  const sent = Promise.withResolvers<void>()
  const write = db.connection().execute(async (connection) => {
    await run(connection, 'select 1')
    const written = run(connection, `insert into t ${UP_TO} select sleep(20) from c`, 40)
    sent.resolve()
    await written
    isDone = true
  })
  await sent.promise
  await delay(20)
  await db.destroy()
  expect(isDone).toBe(true)
  await write
})

test('destroy() waits for a write that runs in a thread although its caller has gone', async () => {
  const dialect = newDialect({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'QueuePool',
    threads: 1,
    creator: CREATOR,
  })
  const db = new Kysely<any>({ dialect })
  await run(db, 'create table t (a)')
  const insert = db.insertInto('t').values((eb: any) => ({ a: eb.fn('sleep', [eb.val(600)]) }))
  const start = performance.now()
  const signal = AbortSignal.timeout(100)
  expect((await failureOf(insert.execute({ signal }))).name).toBe('TimeoutError')
  await db.destroy()
  expect(performance.now() - start).toBeGreaterThan(550)
  expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, idle: 0 })
})

test.each(['StaticPool', 'QueuePool', 'NullPool'] as const)(
  'after a killed session and destroy(), nothing of the shared memory is left on a %s',
  async (poolclass) => {
    const config = {
      url: `file:killed-${poolclass}?mode=memory&cache=shared`,
      poolclass,
      threads: 1,
      creator: CREATOR,
    }
    const db = new Kysely<any>({ dialect: newDialect(config) })
    await run(db, 'create table t (a)')
    const query = db.selectNoFrom((eb) => eb.fn<number>('sleep', [eb.val(800)]).as('slept'))
    const options = { signal: AbortSignal.timeout(100), inflightQueryAbortStrategy: 'kill session' } as const
    expect((await failureOf(query.execute(options))).name).toBe('TimeoutError')
    await db.destroy()
    const again = new Kysely<any>({ dialect: newDialect(config) })
    expect(await run(again, 'select name from sqlite_schema')).toEqual([])
    await again.destroy()
  },
)

test.each([0, 1])(
  'a driver that is destroyed while it starts holds nothing, with threads: %i',
  async (threads) => {
    const config = { url: `file:early-${threads}?mode=memory&cache=shared`, threads }
    const driver = newDialect(config).createDriver()
    const started = driver.init()
    await driver.destroy()
    await started
    const db = new Kysely<any>({ dialect: newDialect(config) })
    await run(db, 'create table t (a)')
    await db.destroy()
    const again = new Kysely<any>({ dialect: newDialect(config) })
    expect(await run(again, 'select name from sqlite_schema')).toEqual([])
    await again.destroy()
  },
)
