import type { PooledSqliteDialect } from '@poolclass/dialect'
import { CompiledQuery, type Kysely } from 'kysely'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { expectAllReturned, untilAllReturned } from '../support/counters.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { type Place, PLACES_FOR_WAITS } from '../support/places.ts'
import { run } from '../support/statements.ts'
import { silentConsole } from '../support/silent-console.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { collectWarnings } from '../support/warnings.ts'
import { Begun } from './begun.ts'
import {
  CREATOR,
  creatorOf,
  EXITS_WHILE_OPENING,
  FAILS_WHILE_LOADING,
  NEVER_LOADED,
  UP_TO,
} from './creators.ts'

const DIED = 'POOLCLASS_THREAD_DIED'
const THROWS_TEXT_WHILE_LOADING = creatorOf(
  "setTimeout(() => { throw 'out of luck' }); await new Promise(() => {}); export default 1",
)

beforeEach(silentConsole)

interface Opened {
  readonly db: Kysely<any>
  readonly dialect: PooledSqliteDialect
}

/** With a row in its table, which is there afterwards wherever the database is not the connection's own. */
async function opened(place: Place): Promise<Opened> {
  const { db, dialect } = open<any>(place.config({ creator: CREATOR, threads: 1 }))
  await run(db, 'create table t (a)')
  await run(db, 'insert into t values (1)')
  return { db, dialect }
}

async function expectNewThread({ db, dialect }: Opened, { kind }: Place, before: number): Promise<void> {
  await untilAllReturned(dialect)
  const [{ id }] = await run(db, 'select thread_id() as id')
  expect(id).not.toBe(before)
  const tables = await run(db, 'select name from sqlite_schema')
  expect(tables).toEqual(kind === 'memory' ? [] : [{ name: 't' }])
  await run(db, 'create table if not exists t (a)')
  expect(await run(db, 'select a from t')).toEqual(kind === 'memory' ? [] : [{ a: 1 }])
  await run(db, 'insert into t values (2)')
  await untilAllReturned(dialect)
}

async function threadOf(db: Pick<Kysely<any>, 'executeQuery'>): Promise<number> {
  const [{ id }] = await run(db, 'select thread_id() as id')
  return id
}

/** Kills the thread by aborting a long query of its session, some time after `meanwhile`. */
async function kill(db: Kysely<any>, meanwhile: () => void = () => {}): Promise<void> {
  const controller = new AbortController()
  const running = db
    .executeQuery(CompiledQuery.raw(`${UP_TO} select sleep(100) from c`, [1000]), {
      signal: controller.signal,
      inflightQueryAbortStrategy: 'kill session',
    })
    .catch(() => {})
  await delay(15)
  meanwhile()
  await delay(15)
  controller.abort()
  await running
}

const ENDINGS: readonly (readonly [string, (db: Kysely<any>) => Promise<unknown>])[] = [
  ['exits', (db) => run(db, 'select exit_thread()').catch(() => {})],
  ['is killed', kill],
]

describe.each(PLACES_FOR_WAITS.filter(({ poolclass }) => poolclass !== 'AssertionPool'))('%s', (place) => {
  test('a query whose thread exits rejects, and the next one works in a new thread', async () => {
    const database = await opened(place)
    const before = await threadOf(database.db)
    const failure = await failureOf(run(database.db, 'select exit_thread()'))
    expect(failure).toMatchObject({ name: 'ThreadDiedError', code: DIED })
    await expectNewThread(database, place, before)
  })

  describe.each(ENDINGS)('a transaction whose thread %s', (_, end) => {
    test('saves nothing, neither what came before nor what comes after, and rejects', async () => {
      const database = await opened(place)
      let before = 0
      const rest: (string | undefined)[] = []
      const transaction = database.db.transaction().execute(async (trx) => {
        before = await threadOf(trx)
        await run(trx, 'insert into t values (10)')
        await end(trx)
        for (const text of ['insert into t values (11)', 'select a from t', 'commit']) {
          rest.push((await failureOf(run(trx, text))).code)
        }
      })
      const { code } = await failureOf(transaction)
      expect(code).toMatch(/^POOLCLASS_(THREAD_DIED|TRANSACTION_LOST)$/)
      expect(rest).toHaveLength(3)
      for (const each of rest) expect(each).toMatch(/^POOLCLASS_(THREAD_DIED|TRANSACTION_LOST)$/)
      await expectNewThread(database, place, before)
    })

    test('can be rolled back by hand', async () => {
      const database = await opened(place)
      const trx = await database.db.startTransaction().execute()
      const before = await threadOf(trx)
      await run(trx, 'insert into t values (10)')
      await end(trx as never)
      await expect(trx.rollback().execute()).resolves.toBeUndefined()
      await expectNewThread(database, place, before)
    })
  })

  test('a stream whose thread exits gives the rows before, at most, and rejects', async () => {
    const database = await opened(place)
    const before = await threadOf(database.db)
    const seen: unknown[] = []
    const query = CompiledQuery.raw(`${UP_TO} select i, iif(i = 500, exit_thread(), 0) as x from c`, [1000])
    const reading = (async () => {
      for await (const { rows } of database.db.getExecutor().stream<any>(query, 10)) seen.push(...rows)
    })()
    expect(await failureOf(reading)).toMatchObject({ code: DIED })
    expect(seen.length).toBeLessThan(500)
    await expectNewThread(database, place, before)
  })

  test('a thread that is killed while it is idle is replaced', async () => {
    const database = await opened(place)
    const { db, dialect } = database
    const driver = dialect.createDriver()
    await driver.init()
    const session = await driver.acquireConnection({})
    const { rows } = await session.executeQuery<any>(CompiledQuery.raw('select thread_id() as id'))
    await session.killSession?.(() => Promise.reject(new Error('no connection is needed to kill one')))
    expect(await failureOf(session.executeQuery(CompiledQuery.raw('select 1')))).toMatchObject({ code: DIED })
    await driver.releaseConnection(session)
    await expectNewThread({ db, dialect }, place, rows[0].id)
    await driver.destroy()
  })
})

test('all that a thread holds rejects with its death', async () => {
  const { db, dialect } = open<any>({
    url: 'file:all?mode=memory&cache=shared',
    poolclass: 'QueuePool',
    threads: 1,
    creator: CREATOR,
  })
  await run(db, 'select 1')
  let others: Promise<{ readonly code?: string }>[] = []
  await kill(db, () => {
    others = [1, 2, 3].map(() => failureOf(run(db, 'select 1')))
  })
  const codes = (await Promise.all(others)).map(({ code }) => code)
  expect(codes).toEqual([DIED, DIED, DIED])
  await untilAllReturned(dialect)
  expect(await run(db, 'select 2 as x')).toEqual([{ x: 2 }])
})

describe('a thread that dies while a connection is opened rejects the query, and the next one tries anew:', () => {
  test.each([
    ['by process.exit() in the creator', EXITS_WHILE_OPENING, /code 9/],
    ['by a failure that nobody catches', FAILS_WHILE_LOADING, /failed while loading/],
    ['by a text that is thrown and that nobody catches', THROWS_TEXT_WHILE_LOADING, /: out of luck\. /],
    ['because its module waits for ever', NEVER_LOADED, /./],
  ])('%s', async (_, creator, why) => {
    const { db, dialect } = open<any>({ url: ':memory:', threads: 1, creator })
    for (let round = 0; round < 2; round += 1) {
      const failure = await failureOf(run(db, 'select 1'))
      expect(failure).toMatchObject({ code: DIED, message: expect.stringMatching(why) })
    }
    await untilAllReturned(dialect)
  })

  test('by being killed from another connection', async () => {
    const { db } = open<any>({
      url: 'file:opening?mode=memory&cache=shared',
      poolclass: 'NullPool',
      threads: 1,
      creator: CREATOR,
    })
    await run(db, 'select 1')
    let other: Promise<unknown> | undefined
    await kill(db, () => {
      other = failureOf(run(db, 'select 1'))
    })
    expect(await other).toMatchObject({ code: DIED })
    expect(await run(db, 'select 1 as x')).toEqual([{ x: 1 }])
  })
})

/** Those that may be on their way, and more, of which the thread holds the rest back. */
test.each([20_000, 300_000])(
  'a session that is killed while its answer of %i rows lies in the queue takes nobody along',
  async (count) => {
    const { db, dialect } = open<any>({
      url: join(temporaryDirectory(), 'app.db'),
      poolclass: 'QueuePool',
      threads: 1,
      creator: CREATOR,
    })
    const text = `${UP_TO} select iif(i < ?, i, sleep_noticed(?, 0)) as i from c`
    // Now the texts are known, and there are two connections: the next queries are on their way after one tick.
    await Promise.all([run(db, text, 1, 1, new Begun().path), run(db, 'select 1 as x')])
    const begun = new Begun()
    const abort = new AbortController()
    const other = run(db, 'select 1 as x').catch(({ code }: { code: string }) => code)
    const query = CompiledQuery.raw(text, [count, count, begun.path])
    const killed = failureOf(
      db.executeQuery(query, { signal: abort.signal, inflightQueryAbortStrategy: 'kill session' }),
    )
    await new Promise<void>((resolve) => process.nextTick(resolve))
    begun.awaitBlocking()
    blockFor(100)
    abort.abort(new Error('enough'))
    expect((await killed).message).toBe('enough')
    expect([[{ x: 1 }], DIED]).toContainEqual(await other)
    await untilAllReturned(dialect)
    expect(await run(db, 'select 2 as x')).toEqual([{ x: 2 }])
  },
)

/** Meanwhile the event loop does not turn: what arrives lies in the queue. */
function blockFor(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

test('a commit whose thread was killed by another session says so', async () => {
  const { db, dialect } = open<any>({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'QueuePool',
    threads: 1,
    creator: CREATOR,
  })
  await run(db, 'create table t (a)')
  const transaction = await db.startTransaction().execute()
  await run(transaction, 'insert into t values (1)')
  await run(db, 'select exit_thread()').catch(() => {})
  const failure = await failureOf(transaction.commit().execute())
  expect(failure.code).toBe(DIED)
  await transaction.rollback().execute()
  expect(await run(db, 'select a from t')).toEqual([])
  await untilAllReturned(dialect)
})

test.each(['read write', 'read only'] as const)(
  'a %s transaction whose thread has died is rolled back without an error',
  async (accessMode) => {
    const { db, dialect } = open<any>({
      url: join(temporaryDirectory(), 'app.db'),
      poolclass: 'StaticPool',
      threads: 1,
      creator: CREATOR,
    })
    await run(db, 'create table t (a)')
    const transaction = await db.startTransaction().setAccessMode(accessMode).execute()
    expect(await failureOf(run(transaction, 'select exit_thread()'))).toMatchObject({ code: DIED })
    await transaction.rollback().execute()
    expectAllReturned(dialect)
    expect(await run(db, 'insert into t values (1) returning a')).toEqual([{ a: 1 }])
  },
)

test('a thread that is killed while it rolls back what a session left open takes no borrower along', async () => {
  const { db, dialect } = open<any>({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'QueuePool',
    threads: 1,
    creator: CREATOR,
  })
  await run(db, 'create table t (a)')
  const driver = dialect.createDriver()
  await driver.init()
  const [left, killer] = await Promise.all([driver.acquireConnection({}), driver.acquireConnection({})])
  await killer.executeQuery(CompiledQuery.raw('select 1'))
  await driver.beginTransaction(left, {})
  await left.executeQuery(CompiledQuery.raw('insert into t values (1)'))
  const killed = new Promise<void>((resolve) => {
    // After the rollback is asked for, and before it leaves for the thread.
    process.nextTick(() => {
      resolve(killer.killSession?.(() => Promise.reject(new Error('no connection is needed to kill one'))))
    })
  })
  await Promise.all([driver.releaseConnection(left), killed])
  await driver.releaseConnection(killer)
  expect(await run(db, 'select a from t')).toEqual([])
  expectAllReturned(dialect)
  await driver.destroy()
})

/** Opens five connections, and leaves them idle. */
async function warm(db: Kysely<any>): Promise<void> {
  const connect = (): Promise<unknown> =>
    db.connection().execute(async (connection) => {
      await run(connection, 'select 1')
      await delay(30)
    })
  await Promise.all([1, 2, 3, 4, 5].map(connect))
}

test('the settings of a database outlive a thread that dies while they are repeated in it', async () => {
  const { db, dialect } = open<any>({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'QueuePool',
    creator: CREATOR,
    threads: 1,
  })
  await warm(db)
  await run(db, 'pragma foreign_keys = off')
  const others: Promise<unknown>[] = []
  await kill(db, () => {
    others.push(...[1, 2].map((n) => run(db, 'select ? as n', n).catch((error: unknown) => error)))
  })
  await Promise.all(others)
  await untilAllReturned(dialect)
  expect(await run(db, 'pragma foreign_keys')).toEqual([{ foreign_keys: 0 }])
})

test('a connection is closed without a warning when its thread dies meanwhile', async () => {
  const warnings = collectWarnings('POOL_WARNING')
  const { db, dialect } = open<any>({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'NullPool',
    creator: CREATOR,
    threads: 1,
  })
  const { promise: gate, resolve: letGo } = Promise.withResolvers<void>()
  const lent = [1, 2, 3].map(() => Promise.withResolvers<void>())
  const held = lent.map(({ resolve }) =>
    db.connection().execute(async (connection) => {
      await run(connection, 'select 1')
      resolve()
      await gate
    }),
  )
  await Promise.all(lent.map(({ promise }) => promise))
  await kill(db, letGo)
  await Promise.all(held)
  await untilAllReturned(dialect)
  await delay(0)
  expect(warnings).toEqual([])
})
