import type { PooledSqliteDialect } from '@poolclass/dialect'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { CompiledQuery, Kysely, SqliteAdapter, SqliteDialect, sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { newDialect } from '../support/open.ts'
import { PLACES } from '../support/places.ts'
import { openPlain } from '../support/open-plain.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const SNIFFED = [
  'dialect',
  'db',
  'aggregate',
  'getConnection',
  'connect',
  'open',
  'close',
  'prepare',
  'exec',
  'batch',
]
const ONE = CompiledQuery.raw('select 1 as one')

function kysely(dialect: PooledSqliteDialect): Kysely<any> {
  const db = new Kysely<any>({ dialect })
  onTestFinished(() => db.destroy())
  return db
}

/** As ORMs copy their options: depth first, except for what brings its own `clone()`. */
function cloneDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if ('clone' in value && typeof value.clone === 'function') return value.clone() as T
  const copy = Object.create(Object.getPrototypeOf(value) as object) as Record<string, unknown>
  for (const [key, property] of Object.entries(value)) copy[key] = cloneDeep<unknown>(property)
  return copy as T
}

describe.each(PLACES)('%s', (place) => {
  test('several Kysely instances over one dialect see the same data, and destroying one leaves it to the others', async () => {
    const dialect = newDialect(place.config())
    const [first, second] = [kysely(dialect), kysely(dialect)]
    await sql`create table t (a)`.execute(first)
    await sql`insert into t values (1)`.execute(second)
    await first.destroy()
    expect((await sql`select a from t`.execute(second)).rows).toEqual([{ a: 1 }])
    const third = kysely(dialect)
    await sql`insert into t values (2)`.execute(third)
    await second.destroy()
    expect((await sql`select a from t`.execute(third)).rows).toEqual([{ a: 1 }, { a: 2 }])
  })

  test('a driver can be created again after everything was destroyed', async () => {
    const dialect = newDialect(place.config())
    for (let round = 0; round < 3; round += 1) {
      const db = kysely(dialect)
      expect((await selectOne(db)).rows).toEqual([{ one: 1 }])
      await db.transaction().execute((trx) => sql`create table if not exists t (a)`.execute(trx))
      await db.destroy()
      const { opened, closed } = dialect.pool.status()
      expect(opened).toBe(closed)
    }
  })

  test('a handle is new at each acquire, takes another executeQuery, and may be released twice', async () => {
    const dialect = newDialect(place.config())
    const driver = dialect.createDriver()
    await driver.init()
    const seen: string[] = []
    const handle = await driver.acquireConnection()
    const own = handle.executeQuery.bind(handle)
    handle.executeQuery = (query) => {
      seen.push(query.sql)
      return own(query)
    }
    await driver.beginTransaction(handle, {})
    await handle.executeQuery(ONE)
    await driver.rollbackTransaction(handle)
    await driver.releaseConnection(handle)
    expect(seen).toEqual(['begin immediate', ONE.sql, 'rollback'])
    const next = await driver.acquireConnection()
    expect(next).not.toBe(handle)
    await next.executeQuery(ONE)
    const { checkedOut } = dialect.pool.status()
    await driver.releaseConnection(handle)
    expect(dialect.pool.status().checkedOut).toBe(checkedOut)
    await driver.releaseConnection(next)
    await driver.releaseConnection(next)
    expect(dialect.pool.status().checkedOut).toBe(0)
    await driver.destroy()
  })

  test('statements that are sent at once on one handle run one after the other on one connection', async () => {
    const dialect = newDialect(place.config())
    const driver = dialect.createDriver()
    await driver.init()
    const handle = await driver.acquireConnection()
    const texts = [
      'create temp table mine (a)',
      'insert into mine values (1)',
      'insert into mine select a + 1 from mine',
      'select a from mine',
      'drop table mine',
      'select name from temp.sqlite_schema',
    ]
    const results = await Promise.all(texts.map((text) => handle.executeQuery(CompiledQuery.raw(text))))
    expect(results.map(({ rows }) => rows)).toEqual([[], [], [], [{ a: 1 }, { a: 2 }], [], []])
    await driver.releaseConnection(handle)
    expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, waiting: 0 })
    await driver.destroy()
  })

  test('of statements that are sent at once on one handle, one that fails does not keep the others from running', async () => {
    const dialect = newDialect(place.config())
    const db = kysely(dialect)
    await sql`create table t (a)`.execute(db)
    const driver = dialect.createDriver()
    await driver.init()
    const handle = await driver.acquireConnection()
    const texts = [
      'insert into t values (1)',
      'insert into missing values (1)',
      'select * from missing',
      'insert into t values (2)',
      'select a from t',
    ]
    const outcomes = await Promise.allSettled(
      texts.map((text) => handle.executeQuery(CompiledQuery.raw(text))),
    )
    expect(outcomes).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { message: expect.stringContaining('no such table') as string } },
      { status: 'rejected', reason: { message: expect.stringContaining('no such table') as string } },
      { status: 'fulfilled' },
      { status: 'fulfilled', value: { rows: [{ a: 1 }, { a: 2 }] } },
    ])
    await driver.releaseConnection(handle)
    expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, waiting: 0 })
    await driver.destroy()
    await sql`insert into t values (3)`.execute(db)
  })
})

function selectOne(db: Kysely<any>): Promise<{ rows: unknown[] }> {
  return db.executeQuery(ONE)
}

describe.each(PLACES.filter(({ kind }) => kind === 'file'))('%s', (place) => {
  test('a begin that is refused gives back everything that it took, also to an ORM that does not release', async () => {
    const config = place.config({ connectArgs: { timeout: 20 } })
    const dialect = newDialect(config)
    const db = kysely(dialect)
    await sql`create table t (a)`.execute(db)
    const other = openPlain(String(config.url))
    other.exec('begin immediate')
    const busy = { code: 'SQLITE_BUSY', message: expect.stringMatching(/^database is locked/) as string }
    await expect(db.transaction().execute(async () => {})).rejects.toMatchObject(busy)
    await expect(db.startTransaction().execute()).rejects.toMatchObject(busy)
    const driver = dialect.createDriver()
    await driver.init()
    await expect(driver.beginTransaction(await driver.acquireConnection(), {})).rejects.toMatchObject(busy)
    await expect.poll(() => dialect.pool.status().checkedOut).toBe(0)
    other.exec('rollback')
    await db.transaction().execute((trx) => sql`insert into t values (1)`.execute(trx))
    await driver.destroy()
  })

  test('nothing is opened or created before the first query, and init is tried again after a failure', async () => {
    const directory = temporaryDirectory()
    const folder = join(directory, 'later')
    const dialect = newDialect({ ...place.config(), url: join(folder, 'app.db') })
    const db = kysely(dialect)
    dialect.createDriver()
    expect(readdirSync(directory)).toEqual([])
    await expect(selectOne(db)).rejects.toMatchObject({ code: 'SQLITE_CANTOPEN' })
    expect(dialect.pool.status().checkedOut).toBe(0)
    mkdirSync(folder)
    expect(existsSync(join(folder, 'app.db'))).toBe(false)
    expect((await selectOne(db)).rows).toEqual([{ one: 1 }])
  })
})

describe('the dialect object', () => {
  test('is recognised as SQLite by class, and its adapter by class and name', () => {
    const dialect = newDialect(':memory:')
    expect(dialect).toBeInstanceOf(SqliteDialect)
    const adapter = dialect.createAdapter()
    expect(adapter).toBeInstanceOf(SqliteAdapter)
    expect(adapter.constructor.name).toBe('SqliteAdapter')
    expect([adapter.supportsMultipleConnections, adapter.supportsTransactionalDdl]).toEqual([true, false])
  })

  test.each(SNIFFED)('has no property %s', (name) => {
    expect(name in newDialect(':memory:')).toBe(false)
  })

  test('survives a deep clone of the options that hold it, with its data', async () => {
    const options = { nested: { dialect: newDialect(':memory:') } }
    const { dialect } = cloneDeep(options).nested
    await sql`create table t (a)`.execute(kysely(options.nested.dialect))
    expect((await sql`select * from t`.execute(kysely(dialect))).rows).toEqual([])
  })
})

test('a handle that was released refuses further use instead of taking a connection for ever', async () => {
  const dialect = newDialect(':memory:')
  const driver = dialect.createDriver()
  await driver.init()
  const handle = await driver.acquireConnection()
  await driver.releaseConnection(handle)
  await handle.executeQuery(ONE).catch((error: unknown) => error)
  await driver.releaseConnection(handle)
  expect(dialect.pool.status().checkedOut).toBe(0)
  await driver.destroy()
})

test('a driver that is initialised twice at once is destroyed by one destroy', async () => {
  const dialect = newDialect(':memory:')
  const driver = dialect.createDriver()
  await Promise.all([driver.init(), driver.init()])
  const handle = await driver.acquireConnection()
  await handle.executeQuery(ONE)
  await driver.releaseConnection(handle)
  await driver.destroy()
  const { opened, closed } = dialect.pool.status()
  expect(closed).toBe(opened)
})

describe('on a QueuePool of two connections to a file', () => {
  test.each([
    ['two reads', ['select 1 as a', 'select 2 as a'], ['fulfilled', 'fulfilled']],
    ['two writes', ['insert into t values (1)', 'insert into t values (2)'], ['fulfilled', 'fulfilled']],
    ['a write and a read', ['insert into t values (1)', 'select a from t'], ['fulfilled', 'fulfilled']],
    ['a write and one that fails', ['insert into t values (1)', 'insert into no'], ['fulfilled', 'rejected']],
    ['one that fails and a write', ['insert into no', 'insert into t values (1)'], ['rejected', 'fulfilled']],
    ['two that fail', ['select a from no', 'insert into no values (1)'], ['rejected', 'rejected']],
    [
      'a pragma and a write',
      ['pragma cache_size = 9', 'insert into t values (1)'],
      ['fulfilled', 'fulfilled'],
    ],
  ])('%s that are sent at once on one handle cost the pool no slot', async (_, texts, expected) => {
    const url = join(temporaryDirectory(), 'app.db')
    const config = { url, poolclass: 'QueuePool', poolSize: 2, maxOverflow: 0, poolTimeout: 1000 } as const
    const dialect = newDialect(config)
    const db = kysely(dialect)
    await sql`create table t (a)`.execute(db)
    for (let round = 0; round < 5; round += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const outcomes = await db
        .getExecutor()
        .provideConnection((handle) =>
          Promise.allSettled(texts.map((text) => handle.executeQuery(CompiledQuery.raw(text)))),
        )
      expect(outcomes.map(({ status }) => status)).toEqual(expected)
      expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, waiting: 0 })
    }
    const both = await Promise.all([dialect.pool.connect(), dialect.pool.connect()])
    await Promise.all(both.map((checkout) => checkout.close()))
    await Promise.all([1, 2, 3].map((a) => sql`insert into t values (${a})`.execute(db)))
    expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, waiting: 0 })
  })
})
