import { ReleasedError } from '@poolclass/dialect'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CompiledQuery, type DatabaseConnection, type Driver, type Kysely } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  type CounterDatabase,
  createCounters,
  expectAllReturned,
  untilAllReturned,
  holdWriteLock,
  ids,
  insert,
  rowsOf,
} from '../support/counters.ts'
import { open } from '../support/open.ts'
import { PLACES, type Place } from '../support/places.ts'
import { isLocked, RawLock } from '../support/raw-lock.ts'
import { times } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Far below the time-outs, which are seconds. */
const AT_ONCE = 4000

type Outcome = 'done' | 'released'

/** What becomes of a statement that nobody awaits yet: it is carried out, or refused because its session has ended. */
function outcomeOf(statement: Promise<unknown>): Promise<Outcome> {
  return statement.then(
    () => 'done',
    (error: unknown) => {
      if (error instanceof ReleasedError) return 'released'
      throw error
    },
  )
}

async function microtasks(count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await Promise.resolve()
}

/** Nothing that ended keeps a connection, a slot, or the write lock of this thread. */
async function expectNothingHeld(db: Kysely<CounterDatabase>): Promise<void> {
  await db.transaction().execute((trx) => insert(trx, 9001))
  await db.deleteFrom('counter').where('id', '=', 9001).execute()
}

async function newDriver(dialect: { createDriver(): Driver }): Promise<Driver> {
  const driver = dialect.createDriver()
  await driver.init()
  onTestFinished(() => driver.destroy())
  return driver
}

function insertion(id: number): CompiledQuery {
  return CompiledQuery.raw('insert into counter (id, value) values (?, 0)', [id])
}

async function database(
  config: ReturnType<Place['config']>,
): Promise<ReturnType<typeof open<CounterDatabase>>> {
  const opened = open<CounterDatabase>(config)
  await createCounters(opened.db)
  return opened
}

describe.each(PLACES)('%s', (place) => {
  test('statements of db.connection() that nobody awaited are carried out or refused, and nothing is leaked', async () => {
    const { db, dialect } = await database(place.config({ connectArgs: { timeout: 2000 } }))
    // Some of the texts are known to write, some are not.
    await insert(db, 2)
    for (let turns = 0; turns < 24; turns += 1) {
      const late: Promise<Outcome>[] = []
      await db.connection().execute(async (connection) => {
        late.push(outcomeOf(insert(connection, 100 + turns)), outcomeOf(insert(connection, 200 + turns)))
        await microtasks(turns)
      })
      const outcomes = await Promise.all(late)
      const found = await ids(db)
      expect([found.includes(100 + turns), found.includes(200 + turns)]).toEqual(
        outcomes.map((outcome) => outcome === 'done'),
      )
      await expectNothingHeld(db)
      await untilAllReturned(dialect)
    }
  })

  test('a failing member of Promise.all leaves its neighbours carried out or refused, and nothing is leaked', async () => {
    const { db, dialect } = await database(place.config({ connectArgs: { timeout: 2000 } }))
    for (let turns = 0; turns < 12; turns += 1) {
      const late: Promise<Outcome>[] = []
      const failing = db.getExecutor().provideConnection(async (session) => {
        const missing = session.executeQuery(CompiledQuery.raw('select * from missing'))
        const inserts = [0, 1, 2].map((n) => session.executeQuery(insertion(100 + 10 * turns + n)))
        late.push(...inserts.map(outcomeOf))
        await Promise.all([missing, ...inserts])
      })
      await expect(failing).rejects.toThrow('no such table')
      const outcomes = await Promise.all(late)
      const found = await ids(db)
      expect([0, 1, 2].map((n) => found.includes(100 + 10 * turns + n))).toEqual(
        outcomes.map((outcome) => outcome === 'done'),
      )
      await expectNothingHeld(db)
      await untilAllReturned(dialect)
    }
  })

  test('a late statement never runs in the transaction of the next borrower', async () => {
    const { db, dialect } = await database(place.config({ connectArgs: { timeout: 2000 } }))
    const driver = await newDriver(dialect)
    for (let turns = 0; turns < 24; turns += 1) {
      const session = await driver.acquireConnection()
      const late = [100, 200].map((id) => outcomeOf(session.executeQuery(insertion(id + turns))))
      await microtasks(turns)
      const releasing = driver.releaseConnection(session)
      if (place.poolclass === 'AssertionPool') await releasing
      const reason = new Error('changed my mind')
      const next = db.transaction().execute(async (trx) => {
        await insert(trx, 300 + turns)
        await microtasks(turns)
        throw reason
      })
      await expect(next).rejects.toBe(reason)
      await releasing
      const outcomes = await Promise.all(late)
      const found = await ids(db)
      expect([100, 200].map((id) => found.includes(id + turns))).toEqual(
        outcomes.map((outcome) => outcome === 'done'),
      )
      expect(found).not.toContain(300 + turns)
    }
    expectAllReturned(dialect)
  })

  test('what waits for its turn behind the statement that runs is refused, and never begins', async () => {
    const { db, dialect } = await database(place.config())
    const driver = await newDriver(dialect)
    const session = await driver.acquireConnection()
    const begun: number[] = []
    const late = Array.from({ length: 20 }, (_, n) =>
      outcomeOf(session.executeQuery(insertion(100 + n)).then(() => begun.push(n))),
    )
    // The first is on its way, in this thread all are carried out before that.
    await Promise.resolve()
    await driver.releaseConnection(session)
    const outcomes = await Promise.all(late)
    const carriedOut = outcomes.filter((outcome) => outcome === 'done').length
    expect(outcomes).toEqual([...times(carriedOut, 'done'), ...times(20 - carriedOut, 'released')])
    expect(begun).toEqual(Array.from({ length: carriedOut }, (_, n) => n))
    expect(await ids(db)).toHaveLength(1 + carriedOut)
    await expectNothingHeld(db)
    expectAllReturned(dialect)
  })

  test('a stream that begins, or goes on, when its session has ended reads nothing more', async () => {
    const { db, dialect } = await database(place.config())
    await db
      .insertInto('counter')
      .values(Array.from({ length: 50 }, (_, n) => ({ id: 10 + n, value: 0 })))
      .execute()
    const driver = await newDriver(dialect)
    for (let turns = 0; turns < 24; turns += 1) {
      const session = await driver.acquireConnection()
      const streams = [1, 2].map(() => session.streamQuery(CompiledQuery.raw('select id from counter'), 5))
      const first = streams.map((stream) => stream.next().catch((error: unknown) => error))
      await microtasks(turns)
      await driver.releaseConnection(session)
      for (const chunk of await Promise.all(first)) {
        const code = (chunk as { code?: unknown }).code
        expect([undefined, 'POOLCLASS_RELEASED', 'POOLCLASS_STREAM_ENDED']).toContain(code)
      }
      for (const stream of streams) await expect(rest(stream)).resolves.toBeLessThan(50)
      await expectNothingHeld(db)
      await untilAllReturned(dialect)
    }
  })

  test('a transaction that is released while its statements are on their way is rolled back as a whole', async () => {
    const { db, dialect } = await database(place.config({ connectArgs: { timeout: 2000 } }))
    const driver = await newDriver(dialect)
    for (let turns = 0; turns < 24; turns += 1) {
      const session = await driver.acquireConnection()
      const late = [driver.beginTransaction(session, {}), session.executeQuery(insertion(100 + turns))]
      const settled = Promise.allSettled(late)
      await microtasks(turns)
      await driver.releaseConnection(session)
      const [begun, inserted] = await settled
      const isAlone = begun?.status === 'rejected' && inserted?.status === 'fulfilled'
      expect((await ids(db)).includes(100 + turns)).toBe(isAlone)
      await expectNothingHeld(db)
      await untilAllReturned(dialect)
    }
  })
})

/** How many rows a stream still gives. */
async function rest(stream: AsyncIterableIterator<{ rows: unknown[] }>): Promise<number> {
  let count = 0
  try {
    for await (const { rows } of stream) count += rows.length
  } catch {
    // It was ended.
  }
  return count
}

/** Ends a session whose statement waits: it is refused at once. */
async function releaseAtOnce(
  driver: Driver,
  session: DatabaseConnection,
  late: Promise<Outcome>,
): Promise<void> {
  await delay(30)
  const start = performance.now()
  await driver.releaseConnection(session)
  expect(await late).toBe('released')
  expect(performance.now() - start).toBeLessThan(AT_ONCE)
}

const FILES = PLACES.filter(({ kind }) => kind === 'file')

describe.each(FILES)('%s', (place) => {
  test('a statement that waits for the lock of another process is refused at once when its session ends', async () => {
    const config = { ...place.config(), pragmas: {} }
    const { db, dialect } = await database(config)
    const driver = await newDriver(dialect)
    for (const knownBefore of [false, true]) {
      if (knownBefore) await insert(db, 2)
      const lock = new RawLock(String(config.url), 'begin exclusive')
      const session = await driver.acquireConnection()
      await releaseAtOnce(driver, session, outcomeOf(session.executeQuery(insertion(100))))
      lock.release()
      expect(await ids(db)).not.toContain(100)
      await expectNothingHeld(db)
      await untilAllReturned(dialect)
    }
  })

  test('a stream that waits for the lock of another process is refused at once when its session ends', async () => {
    const config = { ...place.config(), pragmas: {} }
    const { db, dialect } = await database(config)
    const driver = await newDriver(dialect)
    const lock = new RawLock(String(config.url), 'begin exclusive')
    const session = await driver.acquireConnection()
    const stream = session.streamQuery(CompiledQuery.raw('select id from counter'), 1)
    await releaseAtOnce(driver, session, outcomeOf(rowsOf(stream)))
    lock.release()
    expect(await ids(db)).toEqual([1])
    await expectNothingHeld(db)
    expectAllReturned(dialect)
  })
})

describe.each(FILES.filter(({ poolclass }) => poolclass !== 'AssertionPool'))('%s', (place) => {
  test('a write that waits in the line of writers is refused at once when its session ends, and the next is served', async () => {
    const { db, dialect } = await database(place.config())
    await insert(db, 2)
    const driver = await newDriver(dialect)
    const writer = await holdWriteLock(db)
    const session = await driver.acquireConnection()
    const late = outcomeOf(session.executeQuery(insertion(100)))
    const next = insert(db, 3)
    await releaseAtOnce(driver, session, late)
    await writer.end()
    await next
    expect(await ids(db)).toEqual([1, 2, 3])
    expectAllReturned(dialect)
  })
})

describe.each(FILES.filter(({ single }) => !single))('%s', (place) => {
  test('a write that waits for the lock with a connection in hand is refused at once when its session ends', async () => {
    const { db, dialect } = await database(place.config())
    await insert(db, 2)
    const driver = await newDriver(dialect)
    const session = await driver.acquireConnection()
    await session.executeQuery(CompiledQuery.raw('select 1'))
    const writer = await holdWriteLock(db)
    await releaseAtOnce(driver, session, outcomeOf(session.executeQuery(insertion(100))))
    expect(dialect.pool.status().checkedOut).toBe(1)
    await writer.end()
    expect(await ids(db)).toEqual([1, 2])
    expectAllReturned(dialect)
  })
})

describe.each(['QueuePool', 'StaticPool', 'SingletonThreadPool'] as const)('of a %s of one', (poolclass) => {
  test.each([
    'select 1',
    'insert into counter values (100, 0)',
    'pragma user_version',
    'insert into counter values (101, 0) returning id',
  ])(
    'a wait for a connection to run “%s” ends at once when its session ends, and leaves the line',
    async (text) => {
      const url = join(temporaryDirectory(), 'app.db')
      const { db, dialect } = open<CounterDatabase>({
        url,
        poolclass,
        ...(poolclass === 'QueuePool' && { poolSize: 1, maxOverflow: 0 }),
      })
      await createCounters(db)
      const driver = await newDriver(dialect)
      const holder = await driver.acquireConnection()
      await holder.executeQuery(CompiledQuery.raw('select 1'))
      for (const kind of ['statement', 'stream']) {
        const session = await driver.acquireConnection()
        const query = CompiledQuery.raw(text)
        const late = outcomeOf(
          kind === 'stream' ? rowsOf(session.streamQuery(query, 1)) : session.executeQuery(query),
        )
        await delay(20)
        expect(dialect.pool.status().waiting).toBe(1)
        const start = performance.now()
        await driver.releaseConnection(session)
        expect(await late).toBe('released')
        expect(performance.now() - start).toBeLessThan(AT_ONCE)
        expect(dialect.pool.status()).toMatchObject({ waiting: 0, checkedOut: 1 })
      }
      await driver.releaseConnection(holder)
      expect(await ids(db)).toEqual([1])
      await expectNothingHeld(db)
      expect(isLocked(url)).toBe(false)
      expectAllReturned(dialect)
    },
  )
})

test('a session that ends while its connection is opened gives the connection back when it comes', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  await createCounters(open<CounterDatabase>({ url, pragmas: { journal_mode: 'delete' } }).db)
  const lock = new RawLock(url)
  const { db, dialect } = open<CounterDatabase>({ url, pragmas: { journal_mode: 'wal' } })
  const driver = await newDriver(dialect)
  const session = await driver.acquireConnection()
  const late = outcomeOf(session.executeQuery(insertion(100)))
  await delay(30)
  const start = performance.now()
  await driver.releaseConnection(session)
  expect(performance.now() - start).toBeLessThan(AT_ONCE)
  lock.release()
  expect(await late).toBe('released')
  await expect.poll(() => dialect.pool.status().checkedOut).toBe(0)
  expect(await ids(db)).toEqual([1])
  const { opened, closed } = dialect.pool.status()
  expect(opened).toBe(closed)
})
