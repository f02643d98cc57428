import { CompiledQuery, type Kysely, sql } from 'kysely'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { sampled } from '../support/effort.ts'
import { open } from '../support/open.ts'
import { type Place, PLACES } from '../support/places.ts'
import { openPlain } from '../support/open-plain.ts'
import { LibraryDatabase } from '../support/plain-database.ts'
import { resultOf } from '../support/script-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { skips } from '../support/skips.ts'

const KEEPING = PLACES.filter(({ poolclass }) => poolclass !== 'NullPool')

/** Counts how often the driver's library prepares a text from here on. */
function preparations(): (text: string) => number {
  const spy = vi.spyOn<{ prepare(sql: string): unknown }, 'prepare'>(LibraryDatabase.prototype, 'prepare')
  onTestFinished(() => spy.mockRestore())
  return (text) => spy.mock.calls.filter(([source]) => source === text).length
}

async function rowsOf(db: Kysely<any>, text: string): Promise<unknown[]> {
  return (await db.executeQuery(CompiledQuery.raw(text))).rows
}

async function times(count: number, db: Kysely<any>, text: string): Promise<void> {
  for (let n = 0; n < count; n += 1) await rowsOf(db, text)
}

function withCache(place: Place, statementCacheSize: number): Kysely<any> {
  return open(place.config({ connectArgs: { statementCacheSize } })).db
}

describe.skipIf(skips.inThreads).each(KEEPING)('%s', (place) => {
  test('a text is prepared once, however often it runs', async () => {
    const { db } = open(place.config())
    const prepared = preparations()
    await times(5, db, 'select 1 as one')
    expect(prepared('select 1 as one')).toBe(1)
  })

  test('statementCacheSize 0 prepares every query anew', async () => {
    const db = withCache(place, 0)
    const prepared = preparations()
    await times(5, db, 'select 1 as one')
    expect(prepared('select 1 as one')).toBeGreaterThanOrEqual(5)
  })
})

test.skipIf(skips.inThreads).each(KEEPING.filter(({ poolclass }) => poolclass === 'StaticPool'))(
  'on %s, a full cache forgets the text that was not used for the longest time',
  async (place) => {
    const db = withCache(place, 2)
    const [a, b, c] = ["select 'a' as x", "select 'b' as x", "select 'c' as x"] as const
    const prepared = preparations()
    for (const text of [a, b, a, c, a]) await rowsOf(db, text)
    expect([prepared(a), prepared(b), prepared(c)]).toEqual([1, 1, 1])
    await rowsOf(db, b)
    expect(prepared(b)).toBe(2)
  },
)

test
  .skipIf(skips.inThreads)
  .each(sampled(['QueuePool', 'StaticPool', 'SingletonThreadPool', 'AssertionPool']))(
  'a %s does not keep bulk inserts of ever other lengths prepared, of which each takes megabytes',
  async (poolclass) => {
    const config = JSON.stringify({ url: join(temporaryDirectory(), 'app.db'), poolclass })
    const { prepared, kept } = await resultOf('kysely/scripts/bulk-inserts.ts', [config, '60'])
    expect(prepared).toBeGreaterThanOrEqual(60)
    expect(kept).toBeLessThan(8)
  },
)

const CHANGES: readonly [what: string, change: string[], after: unknown][] = [
  ['a column was added', ["alter table t add column c default 'new'"], { a: 1, b: 2, c: 'new' }],
  ['a column was dropped', ['alter table t drop column b'], { a: 1 }],
  ['a column was renamed', ['alter table t rename column b to z'], { a: 1, z: 2 }],
  [
    'the table was recreated',
    ['drop table t', 'create table t (x, y, z)', 'insert into t values (7, 8, 9)'],
    { x: 7, y: 8, z: 9 },
  ],
  ['the table became a view', ['drop table t', "create view t as select 'v' as v"], { v: 'v' }],
]

describe.each(PLACES)('%s', (place) => {
  test.each(CHANGES)('a cached select * gives the columns of now after %s', async (_what, change, after) => {
    const { db } = open(place.config())
    await rowsOf(db, 'create table t (a, b)')
    await rowsOf(db, 'insert into t values (1, 2)')
    await times(3, db, 'select * from t')
    for (const text of change) await rowsOf(db, text)
    expect(await rowsOf(db, 'select * from t')).toStrictEqual([after])
    const chunks = db.getExecutor().stream(CompiledQuery.raw('select * from t'), 10)
    for await (const { rows } of chunks) expect(rows).toStrictEqual([after])
    expect(await rowsOf(db, 'select * from t')).toStrictEqual([after])
  })

  test('a pragma is never answered from the cache', async () => {
    const { db } = open(place.config())
    await rowsOf(db, 'create table t (a)')
    expect(await rowsOf(db, 'pragma user_version')).toEqual([{ user_version: 0 }])
    expect(await rowsOf(db, 'pragma table_info(t)')).toHaveLength(1)
    expect(await rowsOf(db, "select * from pragma_table_info('t')")).toHaveLength(1)
    await rowsOf(db, 'pragma user_version = 5')
    await rowsOf(db, 'alter table t add column b')
    expect(await rowsOf(db, 'pragma user_version')).toEqual([{ user_version: 5 }])
    expect(await rowsOf(db, 'pragma table_info(t)')).toHaveLength(2)
    expect(await rowsOf(db, "select * from pragma_table_info('t')")).toHaveLength(2)
    for (const value of [0, 1, 0, 1]) {
      await rowsOf(db, `pragma foreign_keys = ${value}`)
      expect(await rowsOf(db, 'pragma foreign_keys')).toEqual([{ foreign_keys: value }])
    }
  })
})

test.each(PLACES.filter(({ kind }) => kind === 'file'))(
  'on %s, a cached select * gives the columns of now after another process changed them',
  async (place) => {
    const config = place.config()
    const { db } = open(config)
    await rowsOf(db, 'create table t (a, b)')
    await rowsOf(db, 'insert into t values (1, 2)')
    const other = openPlain(String(config.url))
    for (const [change, after] of [
      ['alter table t add column c default 3', { a: 1, b: 2, c: 3 }],
      ['alter table t drop column a', { b: 2, c: 3 }],
      ['alter table t rename column b to z', { z: 2, c: 3 }],
    ] as const) {
      await times(2, db, 'select * from t')
      other.exec(change)
      expect(await rowsOf(db, 'select * from t')).toStrictEqual([after])
    }
    other.exec('create table u (a)')
    expect(await rowsOf(db, 'select * from u')).toEqual([])
    other.exec('drop table u')
    await expect(rowsOf(db, 'create table u (b)')).resolves.toEqual([])
  },
)

test.skipIf(skips.inThreads)(
  'a statement that a stream was reading from is used again when the stream has ended',
  async () => {
    const { db } = open(':memory:')
    const prepared = preparations()
    const text = 'values (1), (2), (3)'
    for (let n = 0; n < 3; n += 1) {
      for await (const { rows } of db.getExecutor().stream(CompiledQuery.raw(text), 1))
        if (rows.length > 0) break
    }
    expect(await rowsOf(db, text)).toHaveLength(3)
    expect(prepared(text)).toBe(1)
    await sql`select 1`.execute(db)
  },
)
