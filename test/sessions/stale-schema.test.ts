// oxlint-disable no-await-in-loop -- one statement comes after the other
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { failureOf } from '../support/failure.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

interface Change {
  readonly claim: string
  /** Run before both connections have read the schema. */
  readonly before: readonly string[]
  /** Run by another connection while the first sits idle. */
  readonly meanwhile: readonly string[]
  /** Run by the one that sat idle. */
  readonly afterwards: string
  /** What the idle one has run and so keeps prepared. */
  readonly prepared?: readonly string[]
  readonly rows?: readonly unknown[]
}

const changes: readonly Change[] = [
  {
    claim: 'creates an index again that another connection has dropped',
    before: ['create table a (x)', 'create index i on a (x)'],
    meanwhile: ['drop index i'],
    afterwards: 'create index i on a (x)',
  },
  {
    claim: 'creates an index again by another text than before',
    before: ['create table a (x)', 'create index i on a (x)'],
    meanwhile: ['drop index i'],
    afterwards: 'create index i on a(x)',
  },
  {
    claim: 'creates a table again by the same text as before',
    before: ['create table a (x)'],
    meanwhile: ['drop table a'],
    afterwards: 'create table a (x)',
  },
  {
    claim: 'creates a trigger again by the same text as before',
    before: ['create table a (x)', 'create trigger r after insert on a begin select 1; end'],
    meanwhile: ['drop trigger r'],
    afterwards: 'create trigger r after insert on a begin select 1; end',
  },
  {
    claim: 'adds a column again by the same text as before',
    before: ['create table a (x)', 'alter table a add column y'],
    meanwhile: ['alter table a drop column y'],
    afterwards: 'alter table a add column y',
  },
  {
    claim: 'drops a table again by the same text as before',
    before: ['create table a (x)', 'drop table a'],
    meanwhile: ['create table a (x)'],
    afterwards: 'drop table a',
  },
  {
    claim: 'inserts by position again, after another connection has dropped and added a column',
    before: ['create table a (x, y)', 'insert into a values (1, 2)', 'alter table a drop column y'],
    meanwhile: ['alter table a add column y'],
    afterwards: 'insert into a values (1, 2)',
  },
  {
    claim: 'creates a table again that another connection has dropped',
    before: ['create table a (x)'],
    meanwhile: ['drop table a'],
    afterwards: 'create table a (y)',
  },
  {
    claim: 'creates a view again that another connection has dropped',
    before: ['create view v as select 1'],
    meanwhile: ['drop view v'],
    afterwards: 'create view v as select 2',
  },
  {
    claim: 'creates a trigger again that another connection has dropped',
    before: ['create table a (x)', 'create trigger r after insert on a begin select 1; end'],
    meanwhile: ['drop trigger r'],
    afterwards: 'create trigger r after insert on a begin select 2; end',
  },
  {
    claim: 'adds a column again that another connection has dropped',
    before: ['create table a (x, y)'],
    meanwhile: ['alter table a drop column y'],
    afterwards: 'alter table a add column y',
  },
  {
    claim: 'drops a column that another connection has just added',
    before: ['create table a (x)'],
    meanwhile: ['alter table a add column y'],
    afterwards: 'alter table a drop column y',
  },
  {
    claim: 'renames a column that another connection has just added',
    before: ['create table a (x)'],
    meanwhile: ['alter table a add column y'],
    afterwards: 'alter table a rename column y to z',
  },
  {
    claim: 'inserts by position after another connection has added a column',
    before: ['create table a (x)'],
    meanwhile: ['alter table a add column y'],
    afterwards: 'insert into a values (1, 2)',
  },
  {
    claim: 'selects a column that another connection has added',
    before: ['create table a (x)', 'insert into a values (1)'],
    meanwhile: ['alter table a add column y default 5'],
    afterwards: 'select y from a',
    rows: [{ y: 5 }],
  },
  {
    claim: 'gets the new columns of a select * that it keeps prepared',
    before: ['create table a (x)', 'insert into a values (1)'],
    prepared: ['select * from a'],
    meanwhile: ['alter table a add column y default 5'],
    afterwards: 'select * from a',
    rows: [{ x: 1, y: 5 }],
  },
  {
    claim: 'renames a table to a name that another connection has freed',
    before: ['create table a (x)', 'create table b (x)'],
    meanwhile: ['drop table b'],
    afterwards: 'alter table a rename to b',
  },
  {
    claim: 'renames a table that another connection has created',
    before: ['create table b (x)'],
    meanwhile: ['create table a (x)', 'drop table b'],
    afterwards: 'alter table a rename to b',
  },
  {
    claim: 'upserts on a unique index that another connection has created',
    before: ['create table a (x)', 'insert into a values (1)'],
    meanwhile: ['create unique index i on a (x)'],
    afterwards: 'insert into a values (1) on conflict (x) do nothing',
  },
  {
    claim: 'drops an index, if it exists, that another connection has created',
    before: ['create table a (x)'],
    prepared: ['drop index if exists i'],
    meanwhile: ['create index i on a (x)'],
    afterwards: 'drop index if exists i',
  },
  {
    claim: 'drops a table, if it exists, that another connection has created',
    before: [],
    prepared: ['drop table if exists a'],
    meanwhile: ['create table a (x)'],
    afterwards: 'drop table if exists a',
  },
  {
    claim: 'creates a table, if it does not exist, that another connection has dropped',
    before: ['create table a (x)'],
    prepared: ['create table if not exists a (x)'],
    meanwhile: ['drop table a'],
    afterwards: 'create table if not exists a (x)',
  },
  {
    claim: 'indexes by a name that another connection uses no more for a table',
    before: ['create table a (x)', 'create table b (x)'],
    meanwhile: ['drop table b'],
    afterwards: 'create index b on a (x)',
  },
  {
    claim: 'reads a table of an attached database that another connection has created',
    before: ['create table a (x)'],
    meanwhile: ['create table aux.t as select 3 as x'],
    afterwards: 'select x from aux.t',
    rows: [{ x: 3 }],
  },
  {
    claim: 'creates an index again in an attached database',
    before: ['create table aux.a (x)', 'create index aux.i on a (x)'],
    meanwhile: ['drop index aux.i'],
    afterwards: 'create index aux.i on a (x)',
  },
]

describe.each(['the pool of two', 'db.connection()', 'a transaction'])(
  'a connection that sat idle, used by %s,',
  (how) => {
    test.each(changes)('$claim', async ({ before, meanwhile, afterwards, prepared = [], rows }) => {
      const directory = temporaryDirectory()
      const { db } = open({ url: join(directory, 'app.db'), poolclass: 'QueuePool', poolUseLifo: true })
      await run(db, 'attach ? as aux', join(directory, 'aux.db'))
      for (const sql of before) await run(db, sql)
      const result = await db.connection().execute(async (idle) => {
        await run(idle, 'select * from sqlite_schema, aux.sqlite_schema')
        for (const sql of prepared) await run(idle, sql)
        for (const sql of meanwhile) await run(db, sql)
        if (how === 'db.connection()') return run(idle, afterwards)
        if (how === 'a transaction') return idle.transaction().execute((trx) => run(trx, afterwards))
        return undefined
      })
      // With the LIFO, what came back last is lent first: the one that sat idle.
      const given = how === 'the pool of two' ? await run(db, afterwards) : result
      expect(given).toEqual(rows ?? [])
    })
  },
)

test.each([
  ['select * from nowhere', 'SQLITE_ERROR', 'no such table: nowhere'],
  ['select missing from a', 'SQLITE_ERROR', 'no such column: missing'],
  ['create table a (x)', 'SQLITE_ERROR', 'table a already exists'],
  ['create index i on a (x)', 'SQLITE_ERROR', 'index i already exists'],
  ['alter table a add column x', 'SQLITE_ERROR', 'duplicate column name: x'],
  ['insert into a values (1, 2)', 'SQLITE_ERROR', 'table a has 1 columns but 2 values were supplied'],
  ['selekt 1', 'SQLITE_ERROR', 'near "selekt": syntax error'],
  ['drop table nowhere', 'SQLITE_ERROR', 'no such table: nowhere'],
  ['insert into a values (1)', 'SQLITE_CONSTRAINT_UNIQUE', 'UNIQUE constraint failed: a.x'],
])('%s comes back with the error of SQLite unchanged', async (sql, code, message) => {
  const { db, dialect } = open({ url: join(temporaryDirectory(), 'app.db'), poolclass: 'QueuePool' })
  await run(db, 'create table a (x)')
  await run(db, 'create unique index i on a (x)')
  await run(db, 'insert into a values (1)')
  const error = await failureOf(run(db, sql))
  expect(error).toMatchObject({ name: 'SqliteError', code, message })
  expect(dialect.pool.status()).toMatchObject({ checkedOut: 0 })
})

test('an error inside a transaction over a stale schema leaves the transaction usable', async () => {
  const { db } = open({ url: join(temporaryDirectory(), 'app.db'), poolclass: 'QueuePool' })
  await run(db, 'create table a (x)')
  await db.transaction().execute(async (trx) => {
    await run(trx, 'insert into a values (1)')
    expect(await failureOf(run(trx, 'select missing from a'))).toMatchObject({ code: 'SQLITE_ERROR' })
    await run(trx, 'insert into a values (2)')
  })
  expect(await run(db, 'select count(*) as n from a')).toEqual([{ n: 2 }])
})
