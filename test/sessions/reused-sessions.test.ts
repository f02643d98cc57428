import { type QueryMessage, ReleasedError } from '@poolclass/dialect'
import { CompiledQuery, type DatabaseConnection, type Driver, Kysely, type KyselyConfig } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { messagesOf } from '../support/channels.ts'
import { type CounterDatabase, createCounters, insert, rowsOf, valueOf } from '../support/counters.ts'
import { newDialect } from '../support/open.ts'
import { PLACES_FOR_LONG, type Place } from '../support/places.ts'

interface Opened {
  readonly db: Kysely<CounterDatabase>
  readonly driver: Driver
  /** What was acquired of the driver so far. */
  readonly handles: DatabaseConnection[]
}

/** With two counters, and with a read and a write whose texts SQLite has seen. */
async function database(place: Place, log: KyselyConfig['log'] = []): Promise<Opened> {
  const handles: DatabaseConnection[] = []
  const dialect = newDialect(place.config())
  const driver = dialect.createDriver()
  const acquire = driver.acquireConnection.bind(driver)
  driver.acquireConnection = async (options) => {
    const handle = await acquire(options)
    handles.push(handle)
    return handle
  }
  dialect.createDriver = () => driver
  const db = new Kysely<CounterDatabase>({ dialect, log })
  onTestFinished(() => db.destroy())
  await createCounters(db)
  await insert(db, 2)
  await valueOf(db)
  handles.length = 0
  return { db, driver, handles }
}

function insertion(id: number): CompiledQuery {
  return CompiledQuery.raw('insert into counter (id, value) values (?, 0)', [id])
}

/** What may leave something behind in a session, or somebody who knows it. */
const USES: Readonly<Record<string, (opened: Opened) => Promise<unknown>>> = {
  'a transaction': ({ db }) => db.transaction().execute((trx) => valueOf(trx)),
  'a transaction that was rolled back': ({ db }) =>
    expect(
      db.transaction().execute(async (trx) => {
        await valueOf(trx)
        throw new Error('changed my mind')
      }),
    ).rejects.toThrow('changed my mind'),
  'a controlled transaction': async ({ db }) => {
    const transaction = await db.startTransaction().execute()
    await valueOf(transaction)
    await transaction.commit().execute()
  },
  'db.connection()': ({ db }) => db.connection().execute((connection) => valueOf(connection)),
  'a stream': ({ db }) => rowsOf(db.selectFrom('counter').selectAll().stream()),
  'a query with a signal': ({ db }) =>
    db.selectFrom('counter').selectAll().execute({ signal: new AbortController().signal }),
  'a setting': ({ db }) => db.executeQuery(CompiledQuery.raw('pragma cache_size = -1000')),
  'a query that was compiled before': ({ db }) => db.executeQuery(insertion(7)),
  'one query of the user of a driver': async ({ driver }) => {
    const handle = await driver.acquireConnection()
    await handle.executeQuery(insertion(8))
    await driver.releaseConnection(handle)
  },
  'two queries of a plugin that compiles one': async ({ db }) => {
    const query = db.selectFrom('counter').selectAll().compile()
    await db.getExecutor().provideConnection(async (handle) => {
      await handle.executeQuery(query)
      await handle.executeQuery(query)
    })
  },
}

describe.each(PLACES_FOR_LONG)('%s', (place) => {
  test.skipIf(place.poolclass === 'NullPool')(
    'queries of the builders, one after the other, have one session',
    async () => {
      const { db, handles } = await database(place)
      expect(await valueOf(db)).toBe(0)
      await insert(db, 3, 30)
      expect(await valueOf(db, 3)).toBe(30)
      expect(await valueOf(db, 2)).toBe(0)
      expect(handles).toHaveLength(4)
      expect(new Set(handles).size).toBe(1)
    },
  )

  test.each(Object.entries(USES))('no query has a session that served %s', async (_, use) => {
    const opened = await database(place)
    const { db, handles } = opened
    await use(opened)
    const used = handles.splice(0)
    expect(used).toHaveLength(1)
    for (let n = 0; n < 3; n += 1) expect(await valueOf(db)).toBe(0)
    expect(handles).not.toContain(used[0])
    const query = used[0]!.executeQuery(insertion(9))
    await expect(query).rejects.toThrow(ReleasedError)
  })

  test.skipIf(place.poolclass === 'AssertionPool')(
    'queries at once have a session each, also after a second release of one',
    async () => {
      const { db, driver, handles } = await database(place)
      await valueOf(db)
      const [handle] = handles.splice(0)
      await driver.releaseConnection(handle!)
      await expect(handle!.executeQuery(insertion(9))).rejects.toThrow(ReleasedError)
      await driver.releaseConnection(handle!)
      const values = await Promise.all([valueOf(db), insert(db, 3, 1), valueOf(db, 2), insert(db, 4, 1)])
      expect([values[0], values[2]]).toEqual([0, 0])
      expect(handles).toHaveLength(4)
      expect(new Set(handles).size).toBe(4)
    },
  )

  test('a plugin that keeps the session of its write learns what that write did', async () => {
    const { db } = await database(place)
    const query = db.insertInto('counter').values({ id: 50, value: 1 }).compile()
    await db.getExecutor().provideConnection(async (handle) => {
      await handle.executeQuery(query)
      const others = place.poolclass === 'AssertionPool' ? [] : [insert(db, 51), insert(db, 52)]
      await expect(
        handle.executeQuery(CompiledQuery.raw('select last_insert_rowid() as id')),
      ).resolves.toMatchObject({ rows: [{ id: 50 }] })
      void Promise.allSettled(others)
    })
  })

  test('a query that failed leaves the next ones alone', async () => {
    const { db } = await database(place)
    for (let n = 0; n < 3; n += 1) {
      await expect(insert(db, 1)).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_PRIMARYKEY' })
      expect(await valueOf(db)).toBe(0)
    }
    await insert(db, 3, 30)
    expect(await valueOf(db, 3)).toBe(30)
  })

  test('the log of Kysely tells each query once', async () => {
    const logged: string[] = []
    const { db } = await database(place, (event) => void logged.push(event.query.sql))
    logged.length = 0
    for (let n = 0; n < 4; n += 1) await valueOf(db)
    expect(logged.map((text) => text.split(' ', 1)[0])).toEqual(['select', 'select', 'select', 'select'])
  })

  test('what an ORM puts in the place of executeQuery is not there for the next query', async () => {
    const { db, handles } = await database(place)
    await valueOf(db)
    const [handle] = handles
    const { executeQuery } = handle!
    let calls = 0
    handle!.executeQuery = (query, options) => {
      calls += 1
      return executeQuery.call(handle, query, options) as never
    }
    await valueOf(db)
    await valueOf(db)
    await valueOf(db)
    expect(calls).toBeLessThan(2)
  })

  test('a listener that comes later hears of each query', async () => {
    const { db } = await database(place)
    await valueOf(db)
    const messages = messagesOf<QueryMessage>('tracing:poolclass:query:start')
    await valueOf(db)
    await valueOf(db)
    expect(messages.map(({ sql }) => sql.split(' ', 1)[0])).toEqual(['select', 'select'])
  })
})
