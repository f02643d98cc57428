import BetterSqlite3 from 'better-sqlite3'
import { CompiledQuery, Kysely, type QueryResult, sql, SqliteDialect } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { open } from '../support/open.ts'
import { PLACES } from '../support/places.ts'

const SCRIPT: readonly (string | [text: string, ...parameters: unknown[]])[] = [
  'select 1 as one',
  'create table t (id integer primary key, name text unique, n integer default 7)',
  "insert into t (name) values ('a')",
  ['insert into t (name, n) values (?, ?), (?, ?)', 'b', 1, 'c', 2],
  "insert or ignore into t (name) values ('a')",
  "insert or ignore into t (name) values ('a'), ('d')",
  "insert into t (name) values ('a')",
  "insert into t (name) values ('a') on conflict (name) do nothing",
  "insert into t (name) values ('a') on conflict (name) do update set n = n + 1",
  "insert into t (name) values ('a'), ('e') on conflict (name) do update set n = n + 1 returning *",
  "insert or replace into t (name, n) values ('b', 9)",
  "replace into t (name, n) values ('b', 10) returning id, n",
  "insert into t (name) values ('f') returning name",
  'insert into t default values',
  'insert into t (id) values (9007199254740993)',
  'update t set n = n + 1',
  'update t set n = 0 where id = -1',
  'update t set n = 5 where id = 1 returning id, n as "the n"',
  'delete from t where id = 2 returning *',
  'delete from t where id > 1000',
  'delete from t where id = -1',
  'select * from t order by id',
  'select count(*) as c, max(n) as "max n" from t',
  'select 1 as a, 2 as a',
  "values (1, null), (2, x'00ff')",
  'with x as (select 3 as y) select y from x',
  'with x as (select 30 as y) insert into t (n) select y from x',
  'explain query plan select * from t where id = 1',
  'pragma table_info(t)',
  'pragma user_version = 5',
  'pragma user_version',
  'create index t_n on t (n)',
  'create view v as select name from t',
  'select * from v order by name limit 2',
  'create temp table tt (x)',
  'alter table t add column extra text',
  'select * from t order by id limit 1',
  'analyze',
  'drop view v',
  'select * from missing',
  'selec 1',
  ['select ? as a', 1, 2],
  ['select ?, ?', 1],
  ['select :a as a', { a: 1 }],
  '',
  '-- only a comment',
  'select 1; select 2',
  'drop table t',
  "select 'last' as word",
]

/** Inserts whose outcome does not hang on what the connection did before. */
const INSERT = /^(insert into (?!.*(conflict|'a'))|with .* insert into)/
const QUERY = /^(select \*|select count|replace|update|delete|insert or)/

type Outcome = QueryResult<unknown> | { error: string; code: unknown; constructor: string }

async function outcomes(db: Kysely<any>): Promise<Outcome[]> {
  const all: Outcome[] = []
  for (const step of SCRIPT) {
    const [text, ...parameters] = typeof step === 'string' ? [step] : step
    all.push(await db.executeQuery(CompiledQuery.raw(text, parameters)).catch(described))
  }
  return all
}

function described(error: Error & { code?: unknown }): Outcome {
  return { error: error.message, code: error.code, constructor: error.constructor.name }
}

function kyselysOwn(safeIntegers: boolean): Kysely<any> {
  const database = new BetterSqlite3(':memory:')
  database.defaultSafeIntegers(safeIntegers)
  const db = new Kysely<any>({ dialect: new SqliteDialect({ database }) })
  onTestFinished(() => db.destroy())
  return db
}

describe.each([false, true])('with safeIntegers %s', (safeIntegers) => {
  test.each(PLACES.filter(({ single }) => single))(
    'on %s, every statement gives what it gives with the dialect of Kysely',
    async (place) => {
      const { db } = open(place.config({ connectArgs: { safeIntegers } }))
      const expected = await outcomes(kyselysOwn(safeIntegers))
      const actual = (await outcomes(db)).map((outcome) => (safeIntegers ? outcome : withRoundedId(outcome)))
      const comparable = expected.map((outcome, index) => asFarAs(actual[index], outcome))
      expect(comparable).toStrictEqual(expected)
    },
  )

  test.each(PLACES.filter(({ single }) => !single))(
    'on %s, every insert gives the ids, counts and rows that it gives with the dialect of Kysely',
    async (place) => {
      const { db } = open(place.config({ connectArgs: { safeIntegers } }))
      const expected = await outcomes(kyselysOwn(safeIntegers))
      const actual = (await outcomes(db)).map((outcome) => (safeIntegers ? outcome : withRoundedId(outcome)))
      const inserts = SCRIPT.flatMap((text, index) => (INSERT.test(String(text)) ? [index] : []))
      expect(inserts.map((index) => actual[index])).toStrictEqual(inserts.map((index) => expected[index]))
      const queries = SCRIPT.flatMap((text, index) => (QUERY.test(String(text)) ? [index] : []))
      const readings = (all: Outcome[]): unknown[] => queries.map((index) => withoutId(all[index]!))
      expect(readings(actual)).toStrictEqual(readings(expected))
    },
  )
})

/** The outcome, and of an error's message only the part that Kysely's own dialect has: a hint may follow it. */
function asFarAs(actual: Outcome | undefined, expected: Outcome): Outcome | undefined {
  if (actual === undefined || !('error' in actual) || !('error' in expected)) return actual
  return { ...actual, error: actual.error.slice(0, expected.error.length) }
}

/** As better-sqlite3 gives the id where integers are numbers; other drivers keep every digit. */
function withRoundedId(outcome: Outcome): Outcome {
  if ('error' in outcome || outcome.insertId === undefined) return outcome
  return { ...outcome, insertId: BigInt(Number(outcome.insertId)) }
}

/** The id of the last insert belongs to the connection: only for an insert does it mean the same on another one. */
function withoutId(outcome: Outcome): Omit<QueryResult<unknown>, 'insertId'> | Outcome {
  if ('error' in outcome) return outcome
  const { insertId: _, ...rest } = outcome
  return rest
}

describe.each(PLACES)('%s', (place) => {
  interface DB {
    t: { id: number; name: string; n: number }
  }

  test('the query builder gets ids, counts and returned rows', async () => {
    const { db } = open<DB>(place.config())
    await sql`create table t (id integer primary key, name text unique, n integer)`.execute(db)
    const insert = db.insertInto('t').values({ id: 5, name: 'a', n: 1 })
    expect(await insert.executeTakeFirst()).toEqual({ insertId: 5n, numInsertedOrUpdatedRows: 1n })
    expect(await insert.orIgnore().executeTakeFirst()).toMatchObject({ numInsertedOrUpdatedRows: 0n })
    const upsert = insert.onConflict((conflict) => conflict.column('id').doUpdateSet({ n: 2 }))
    expect(await upsert.returning(['id', 'n']).execute()).toEqual([{ id: 5, n: 2 }])
    expect(await db.updateTable('t').set({ n: 3 }).executeTakeFirst()).toMatchObject({ numUpdatedRows: 1n })
    expect(await db.updateTable('t').set({ n: 4 }).returning('n').execute()).toEqual([{ n: 4 }])
    expect(await db.deleteFrom('t').executeTakeFirst()).toMatchObject({ numDeletedRows: 1n })
  })

  test('introspection finds tables, columns and views', async () => {
    const { db } = open(place.config())
    await sql`create table t (id integer primary key autoincrement, name text not null default 'x', n)`.execute(
      db,
    )
    await sql`create view v as select name from t`.execute(db)
    const tables = await db.introspection.getTables()
    expect(tables.map(({ name, isView }) => [name, isView])).toEqual([
      ['t', false],
      ['v', true],
    ])
    expect(tables[0]?.columns).toMatchObject([
      { name: 'id', dataType: 'INTEGER', isAutoIncrementing: true },
      { name: 'name', dataType: 'TEXT', isNullable: false, hasDefaultValue: true },
      { name: 'n', isNullable: true, hasDefaultValue: false },
    ])
    expect(await db.introspection.getSchemas()).toEqual([])
  })
})
