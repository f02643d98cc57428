import { type Kysely, type LogEvent, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { type Place, PLACES } from '../support/places.ts'

interface DB {
  t: { a: number }
}

async function logged(place: Place): Promise<{ db: Kysely<DB>; events: LogEvent[]; texts: () => string[] }> {
  const events: LogEvent[] = []
  const { db } = open<DB>(place.config(), { log: (event) => void events.push(event) })
  await db.schema.createTable('t').addColumn('a', 'integer').execute()
  events.length = 0
  return { db, events, texts: () => events.map(({ level, query }) => `${level}: ${query.sql}`) }
}

describe.each(PLACES)('%s', (place) => {
  test('a transaction logs begin, its queries and commit, each once and in order', async () => {
    const { db, texts } = await logged(place)
    await db.transaction().execute((trx) => trx.insertInto('t').values({ a: 1 }).execute())
    expect(texts()).toEqual([
      'query: begin immediate',
      'query: insert into "t" ("a") values (?)',
      'query: commit',
    ])
  })

  test('a transaction that fails logs the error and the rollback', async () => {
    const { db, events, texts } = await logged(place)
    const transaction = db.transaction().execute((trx) => sql`select * from missing`.execute(trx))
    await expect(transaction).rejects.toThrow('no such table: missing')
    expect(texts()).toEqual(['query: begin immediate', 'error: select * from missing', 'query: rollback'])
    expect(events[1]).toMatchObject({ error: await transaction.catch((error: unknown) => error) })
  })

  test('savepoints log their three commands', async () => {
    const { db, texts } = await logged(place)
    const trx = await db.startTransaction().execute()
    const saved = await trx.savepoint('here').execute()
    await saved.rollbackToSavepoint('here').execute()
    await saved.releaseSavepoint('here').execute()
    await trx.rollback().execute()
    expect(texts()).toEqual([
      'query: begin immediate',
      'query: savepoint "here"',
      'query: rollback to "here"',
      'query: release "here"',
      'query: rollback',
    ])
  })

  test('a query that fails is logged once, as the error that is thrown', async () => {
    const { db, events } = await logged(place)
    const error: unknown = await sql`insert into missing values (1)`
      .execute(db)
      .catch((reason: unknown) => reason)
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({ level: 'error', error })
  })

  test('a stream is logged as a stream, once', async () => {
    const { db, events } = await logged(place)
    await db
      .insertInto('t')
      .values([{ a: 1 }, { a: 2 }])
      .execute()
    events.length = 0
    for await (const { a } of db.selectFrom('t').selectAll().stream(1)) expect(a).toBeTypeOf('number')
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({ level: 'query', isStream: true })
  })

  test('a log function that throws at the rollback costs neither the data of before nor the connection', async () => {
    const reason = new Error('the disk of the log is full')
    const { db, dialect } = open<DB>(place.config(), {
      log: ({ query }) => {
        if (query.sql === 'rollback') throw reason
      },
    })
    await db.schema.createTable('t').addColumn('a', 'integer').execute()
    await db.insertInto('t').values({ a: 1 }).execute()
    const failing = db.transaction().execute(async (trx) => {
      await trx.insertInto('t').values({ a: 2 }).execute()
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toBeInstanceOf(Error)
    const trx = await db.startTransaction().execute()
    await trx.insertInto('t').values({ a: 3 }).execute()
    await expect(trx.rollback().execute()).rejects.toBe(reason)
    await expect.poll(() => dialect.pool.status().checkedOut).toBe(0)
    expect(await db.selectFrom('t').selectAll().execute()).toEqual([{ a: 1 }])
    await db.transaction().execute((next) => next.insertInto('t').values({ a: 4 }).execute())
    expect(await db.selectFrom('t').selectAll().execute()).toEqual([{ a: 1 }, { a: 4 }])
  })

  test('an executeQuery of an ORM that throws instead of rolling back leaves no transaction open', async () => {
    const { db, dialect } = open<DB>(place.config())
    await db.schema.createTable('t').addColumn('a', 'integer').execute()
    await db.insertInto('t').values({ a: 1 }).execute()
    const driver = dialect.createDriver()
    await driver.init()
    const handle = await driver.acquireConnection()
    const own = handle.executeQuery.bind(handle)
    handle.executeQuery = async (query) => {
      if (query.sql === 'rollback') throw new Error('not while I watch')
      return own(query)
    }
    await driver.beginTransaction(handle, {})
    await handle.executeQuery(sql`insert into t values (2)`.compile(db))
    await expect(driver.rollbackTransaction(handle)).rejects.toThrow('not while I watch')
    await driver.releaseConnection(handle)
    await driver.destroy()
    expect(dialect.pool.status().checkedOut).toBe(0)
    expect(await db.selectFrom('t').selectAll().execute()).toEqual([{ a: 1 }])
    await db.transaction().execute((next) => next.insertInto('t').values({ a: 3 }).execute())
    expect(await db.selectFrom('t').selectAll().execute()).toEqual([{ a: 1 }, { a: 3 }])
  })

  test('a transaction for reading logs no statement that the user did not ask for', async () => {
    const { db, texts } = await logged(place)
    await db
      .transaction()
      .setAccessMode('read only')
      .execute((trx) => trx.selectFrom('t').selectAll().execute())
    expect(texts()).toEqual(['query: begin deferred', 'query: select * from "t"', 'query: commit'])
  })
})

test.each(['deferred', 'immediate', 'exclusive'] as const)(
  'transactionMode %s is how a transaction begins',
  async (transactionMode) => {
    const begun: string[] = []
    const { db } = open(
      { url: ':memory:', transactionMode },
      { log: ({ query }) => void begun.push(query.sql) },
    )
    await db.transaction().execute(async () => {})
    expect(begun).toEqual([`begin ${transactionMode}`, 'commit'])
  },
)
