import { isSqliteError, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import BetterSqlite3 from 'better-sqlite3'
import { CompiledQuery, Kysely } from 'kysely'
import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { NodeSqliteHandle } from '../../packages/dialect/src/drivers/node-sqlite/node-sqlite-handle.ts'
import { open } from '../support/open.ts'
import { LOADING } from '../support/node-options.ts'
import { resultOf } from '../support/script-process.ts'
import { failureOf } from '../support/failure.ts'
import { run, thrownBy } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const driver = 'node:sqlite'

function openHere(config: Partial<PooledSqliteDialectConfig> = {}): ReturnType<typeof open>['db'] {
  return open({ url: ':memory:', driver, ...config }).db
}

function handles(setUp = ''): { ours: NodeSqliteHandle; plain: BetterSqlite3.Database } {
  const database = new DatabaseSync(':memory:')
  const plain = new BetterSqlite3(':memory:')
  onTestFinished(() => {
    database.close()
    plain.close()
  })
  database.exec(setUp)
  plain.exec(setUp)
  return { ours: new NodeSqliteHandle(database, false), plain }
}

describe.each([
  ['this thread', 0],
  ['another thread', 1],
])('in %s', (_, threads) => {
  test('a row is a plain object with its columns in order, of two with one name the last one', async () => {
    const db = openHere({ threads })
    const [row] = await run(
      db,
      `select 1 as b, 2 as a, 3 as b, x'0102' as "the ""blob""", null as "n'\u2028"`,
    )
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
    expect(Object.entries(row)).toEqual([
      ['b', 3],
      ['a', 2],
      ['the "blob"', Buffer.from([1, 2])],
      ["n'\u2028", null],
    ])
    expect(row['the "blob"']).toBeInstanceOf(Buffer)
  })

  test('many rows have the same shape as few', async () => {
    const db = openHere({ threads })
    const rows = await run(
      db,
      "select value as n, x'ff' as blob from json_each(?)",
      JSON.stringify([...Array(200).keys()]),
    )
    expect(rows).toEqual(Array.from({ length: 200 }, (__, n) => ({ n, blob: Buffer.from([255]) })))
  })

  test.each([
    ['create table u (a unique)', 'insert into u values (1), (1)', 'SQLITE_CONSTRAINT_UNIQUE'],
    ['create table u (a not null)', 'insert into u values (null)', 'SQLITE_CONSTRAINT_NOTNULL'],
    ['create table u (a check (a > 0))', 'insert into u values (0)', 'SQLITE_CONSTRAINT_CHECK'],
    [
      'create table u (a integer primary key)',
      'insert into u values (1), (1)',
      'SQLITE_CONSTRAINT_PRIMARYKEY',
    ],
    ['create table u (a integer) strict', "insert into u values ('x')", 'SQLITE_CONSTRAINT_DATATYPE'],
    ['pragma foreign_keys', 'select * from missing', 'SQLITE_ERROR'],
    ['create table u (a)', "insert into u values (json('{'))", 'SQLITE_ERROR'],
  ])('after %j, %j fails with %s', async (before, sql, code) => {
    const db = openHere({ threads })
    await run(db, before)
    const error = await failureOf(run(db, sql))
    expect(error).toMatchObject({ name: 'SqliteError', code })
    expect(error.stack).toContain('SqliteError: ')
    expect(isSqliteError(error, code)).toBe(true)
  })

  test('an insert counts its rows and gives every digit of its id', async () => {
    const db = openHere({ threads })
    await run(db, 'create table t (id integer primary key)')
    const inserted = await db.executeQuery(CompiledQuery.raw('insert into t values (1), (9007199254740993)'))
    expect(inserted).toMatchObject({ insertId: 9007199254740993n, numAffectedRows: 2n })
    expect(await db.executeQuery(CompiledQuery.raw('create index i on t (id)'))).toMatchObject({
      numAffectedRows: 0n,
    })
  })

  test('an integer that no number holds is an error, and the statement has changed what it was to change', async () => {
    const db = openHere({ threads })
    await run(db, 'create table t (id integer primary key)')
    const error = await failureOf(run(db, 'insert into t values (9007199254740993) returning id'))
    expect(error).toBeInstanceOf(RangeError)
    expect(error.message).toMatch(/9007199254740993.*connectArgs\.safeIntegers.*has written\.$/)
    expect(await run(db, 'select count(*) as n from t')).toEqual([{ n: 1 }])
  })
})

test('a shared memory database is one for all threads, by its URL and by checkSameThread', async () => {
  const shared = { url: `file:${randomUUID()}?mode=memory&cache=shared` }
  const here = openHere(shared)
  const there = openHere({ ...shared, threads: 2, poolclass: 'QueuePool' })
  await run(here, 'create table t (a)')
  await Promise.all([1, 2, 3].map((n) => run(there, 'insert into t values (?)', n)))
  expect(await run(here, 'select sum(a) as sum from t')).toEqual([{ sum: 6 }])
  const engine = { poolclass: 'StaticPool', connectArgs: { checkSameThread: false } } as const
  await run(openHere(engine), 'create table of_all (a)')
  expect(await run(openHere({ ...engine, threads: 1 }), 'select * from of_all')).toEqual([])
})

test('a name that JavaScript has for other things is a name like others', async () => {
  const [row] = await run(openHere(), 'select 1 as "__proto__", 2 as "constructor", 3 as "2", 4 as "1"')
  expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
  expect(Object.entries(row)).toEqual([
    ['1', 4],
    ['2', 3],
    ['__proto__', 1],
    ['constructor', 2],
  ])
})

describe.each([
  ['where nobody counts what is prepared, as before Node.js 24.10', (handle: NodeSqliteHandle) => handle],
  ['where SQLite tells what is prepared', (handle: NodeSqliteHandle) => handle.countPreparations()],
])('%s,', (_, prepared) => {
  test('a column that is renamed behind a statement has its new name in the next rows', () => {
    const ours = prepared(handles('create table t (a, b); insert into t values (1, 2)').ours)
    const statement = ours.prepare('select * from t')
    expect(statement.all([])).toEqual([{ a: 1, b: 2 }])
    ours.prepare('alter table t rename column b to c').run([])
    expect(statement.all([])).toEqual([{ a: 1, c: 2 }])
    ours.prepare('alter table t add column d default 3').run([])
    expect([...statement.iterate([])]).toEqual([{ a: 1, c: 2, d: 3 }])
  })

  test('so has one that another connection has renamed', () => {
    const file = join(temporaryDirectory(), 'app.db')
    const [database, other] = [new DatabaseSync(file), new DatabaseSync(file)]
    onTestFinished(() => {
      database.close()
      other.close()
    })
    other.exec('create table t (a, b); insert into t values (1, 2)')
    const statement = prepared(new NodeSqliteHandle(database, false)).prepare('select * from t')
    for (const name of ['c', 'd', 'e']) {
      statement.all([])
      other.exec(
        `alter table t rename column ${name === 'c' ? 'b' : String.fromCodePoint(name.codePointAt(0)! - 1)} to ${name}`,
      )
      expect(statement.all([])).toEqual([{ a: 1, [name]: 2 }])
    }
  })

  test('whoever is lent the handle may set an authorizer, and names are right all the same', () => {
    const ours = prepared(handles('create table t (a, b); insert into t values (1, 2)').ours)
    const statement = ours.prepare('select * from t')
    statement.all([])
    ours.own.setAuthorizer(null)
    ours.prepare('alter table t rename column b to c').run([])
    expect(statement.all([])).toEqual([{ a: 1, c: 2 }])
  })
})

test('where no code may be generated from strings, rows are the same', async () => {
  const node = [...LOADING, '--disallow-code-generation-from-strings']
  expect(await resultOf('drivers/scripts/rows-of-node-sqlite.ts', [], { node })).toEqual({
    generates: false,
    rows: [{ a: 1, b: 'x', own: ['a', 'b', '__proto__'] }],
  })
})

describe('better-sqlite3 is the measure:', () => {
  const SET_UP = 'create table t (a, b); create view v as select a from t; create temp table tt (a)'

  test.each([
    'select * from t',
    'values (1)',
    'with x as (select 1) select * from x',
    'with x as (select 1) insert into t select 1, 2 from x',
    'with x as (select 1) delete from t',
    '/* a */ -- comment\n with x as (select 1) update t set a = 2',
    'insert into t values (1, 2)',
    'insert into t values (1, 2) returning a',
    'insert into tt values (1)',
    'replace into t values (1, 2)',
    'update t set a = 1 where 0',
    'delete from t',
    'begin',
    'begin deferred',
    'begin immediate',
    ';; begin exclusive',
    'commit',
    'end',
    'rollback',
    'savepoint s',
    'release s',
    'create table if not exists t (a)',
    'create table z (a)',
    'create temp table z (a)',
    'drop table if exists missing',
    'drop view v',
    'alter table t rename to u',
    'analyze',
    'vacuum',
    "vacuum into 'x.db'",
    "attach ':memory:' as m",
    'pragma user_version',
    'pragma user_version = 3',
    'pragma journal_mode = wal',
    'pragma wal_checkpoint',
    'pragma foreign_keys = on',
  ])('whether %j writes, and whether it returns rows', (sql) => {
    const { ours, plain } = handles(SET_UP)
    const { readonly, reader } = ours.prepare(sql)
    const expected = plain.prepare(sql)
    expect({ readonly, reader }).toEqual({ readonly: expected.readonly, reader: expected.reader })
  })

  test('a write to an attached database is a write', () => {
    const { ours } = handles("attach ':memory:' as m; create table m.u (a)")
    expect(ours.prepare('with x as (select 1) insert into m.u select 1 from x').readonly).toBe(false)
    expect(ours.prepare('with x as (select a from m.u) select * from x').readonly).toBe(true)
  })

  test.each([
    '',
    ' -- nothing',
    '/* nothing, and no end',
    'select 1; /* no end',
    'select 1 /* no end; select 2',
    'select 1; /* an end */ select 2',
    'select 1; select 2',
    'create table x (a); create table y (a)',
    'select 1; -- nothing more',
    ' select 1 ; ; /* at all */ ',
    '\uFEFFselect 1',
  ])('the text %j is prepared, or refused', (sql) => {
    const { ours, plain } = handles()
    expect(outcomeOf(() => void ours.prepare(sql))).toEqual(outcomeOf(() => void plain.prepare(sql)))
  })

  test.each<[title: string, sql: string, ...parameters: unknown[]]>([
    ['one too many', 'select ? as a', 1, 2],
    ['one too few', 'select ?, ? as a', 1],
    ['none where there is one', 'select ? as a'],
    ['one where there is none', 'select 1 as a', 1],
    ['one too few of an insert', 'insert into t values (?, ?) returning a', 1],
    ['none where there is a named one', 'select :name as a'],
    ['one where there is a named one', 'select :name as a', 1],
    ['a boolean', 'select ? as a', true],
    ['undefined', 'select ? as a', undefined],
    ['an object', 'select ? as a', { a: 1 }],
    ['an empty object', 'select ? as a', {}],
    ['a Date', 'select ? as a', new Date(0)],
    ['a list', 'select ? as a', [1]],
    ['a function', 'select ? as a', () => 1],
    ['a symbol', 'select ? as a', Symbol.iterator],
    ['an ArrayBuffer', 'select ? as a', new ArrayBuffer(2)],
    ['a Uint16Array', 'select ? as a', new Uint16Array([1, 2])],
    ['a part of a Uint8Array', 'select ? as a', new Uint8Array([1, 2, 3]).subarray(1)],
    ['bigints', 'select cast(? as text) as a, typeof(?) as b', 2n ** 63n - 1n, 1n],
    ['a bigint of 65 bits', 'select ? as a', 2n ** 63n],
    ['numbers', 'select typeof(?) as a, typeof(?) as b, typeof(?) as c', 1, -0, NaN],
  ])('what becomes of %s as a parameter', (_, sql, ...parameters) => {
    const { ours, plain } = handles(SET_UP)
    const outcomeWith = (handle: BetterSqlite3.Database | NodeSqliteHandle): unknown =>
      outcomeOf(() => handle.prepare(sql).all(parameters))
    expect(outcomeWith(ours)).toStrictEqual(outcomeWith(plain))
  })

  test.each([
    'insert into c (a) values (1), (1)',
    'insert into c (a) values (-1)',
    'insert into c (a, b) values (2, null)',
    'insert into c (rowid, b) values (1, 1), (1, 1)',
    'insert into c (a, r) values (3, 9)',
    'insert into i values (1.5)',
    "insert into c (a, b) values (4, 'x') on conflict do nothing returning json('{')",
    'selec',
    'select * from missing',
    'select zeroblob(2147483647)',
    "attach '/missing/x.db' as x",
    'rollback',
  ])('the code and the message of the error of %j', (sql) => {
    const { ours, plain } = handles(
      'create table c (a unique check (a > 0), b not null default 1, r references c (a)); create table i (a integer primary key)',
    )
    const failureWith = (handle: BetterSqlite3.Database | NodeSqliteHandle): unknown => {
      const { name, code, message } = thrownBy(() => {
        const statement = handle.prepare(sql)
        return statement.reader ? statement.all([]) : statement.run([])
      })
      return { name, code, message }
    }
    expect(failureWith(ours)).toEqual(failureWith(plain))
  })
})

/** What a function gives, or its error. */
function outcomeOf(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    const { constructor, message } = error as Error
    return [constructor.name, message]
  }
}

test('a runtime without node:sqlite says with the first query which version has it', async () => {
  const { getBuiltinModule } = process
  onTestFinished(() => void (process.getBuiltinModule = getBuiltinModule))
  process.getBuiltinModule = ((name: string) =>
    name === 'node:sqlite' ? undefined : getBuiltinModule(name)) as typeof getBuiltinModule
  vi.resetModules()
  const { PooledSqliteDialect } = await import('@poolclass/dialect')
  const db = new Kysely<unknown>({ dialect: new PooledSqliteDialect({ url: ':memory:', driver }) })
  onTestFinished(() => db.destroy())
  const error = await failureOf(run(db, 'select 1'))
  expect(error).toMatchObject({ name: 'DriverMissingError', code: 'POOLCLASS_DRIVER_MISSING' })
  expect(error.message).toMatch(/from version 22\.13 on, and this is Node\.js \d+/)
})

describe('a file', () => {
  test('that must exist is not created', async () => {
    const directory = temporaryDirectory()
    const db = openHere({ url: join(directory, 'a?b%20c#.db'), connectArgs: { fileMustExist: true } })
    expect(await failureOf(run(db, 'select 1'))).toMatchObject({ code: 'SQLITE_CANTOPEN' })
    expect(readdirSync(directory)).toEqual([])
  })

  test('that must exist and does is opened under its own name', async () => {
    const url = join(temporaryDirectory(), 'a?b%20c#.db')
    await run(openHere({ url }), 'create table t (a)')
    expect(existsSync(url)).toBe(true)
    const db = openHere({ url, connectArgs: { fileMustExist: true } })
    expect(await run(db, 'select name from sqlite_schema')).toEqual([{ name: 't' }])
  })

  test('that is read only is not written to', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    await run(openHere({ url }), 'create table t (a)')
    const db = openHere({ url, connectArgs: { readonly: true } })
    expect(await failureOf(run(db, 'insert into t values (1)'))).toMatchObject({ code: 'SQLITE_READONLY' })
  })
})

test('what the defensive mode of node:sqlite forbids is allowed, as in better-sqlite3', async () => {
  const db = openHere({ pragmas: { writable_schema: true } })
  await run(db, 'create table t (a)')
  await run(db, "update sqlite_schema set sql = 'create table t (a, b)' where name = 't'")
  expect(await run(db, 'select sql from sqlite_schema')).toEqual([{ sql: 'create table t (a, b)' }])
})

describe('a creator', () => {
  test('may open a DatabaseSync with functions of its own', async () => {
    const db = openHere({
      url: join(temporaryDirectory(), 'app.db'),
      creator: (_, { filename, options }) => {
        const database = new DatabaseSync(filename, options)
        database.function('twice', (n) => Number(n) * 2)
        return database
      },
    })
    expect(await run(db, 'select twice(21) as n')).toEqual([{ n: 42 }])
  })

  test('that opens a file for writing, where the config says that it is read only, is refused', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    new DatabaseSync(url).exec('create table t (a)')
    const connectArgs = { readonly: true }
    const obeys = openHere({
      url,
      connectArgs,
      creator: (_, { filename, options }) => new DatabaseSync(filename, options),
    })
    expect((await failureOf(run(obeys, 'delete from t'))).code).toBe('SQLITE_READONLY')
    const ignores = openHere({ url, connectArgs, creator: (_, { filename }) => new DatabaseSync(filename) })
    expect((await failureOf(run(ignores, 'select * from t'))).message).toContain('can write')
  })

  test('that opens another library is told so, and its handle is closed', async () => {
    const handle = new BetterSqlite3(':memory:')
    const error = await failureOf(run(openHere({ creator: () => handle }), 'select 1'))
    expect(error).toMatchObject({ code: 'POOLCLASS_CONFIG', key: 'creator' })
    expect(error.message).toContain('an open database of node:sqlite')
    expect(handle.open).toBe(false)
  })

  test('that returns one handle twice is told so', async () => {
    const handle = new DatabaseSync(join(temporaryDirectory(), 'app.db'))
    const db = openHere({ url: String(handle.location()), poolclass: 'QueuePool', creator: () => handle })
    const both = Promise.all([run(db, 'select 1'), db.connection().execute((one) => run(one, 'select 2'))])
    expect((await failureOf(both)).message).toContain('another connection')
  })
})
