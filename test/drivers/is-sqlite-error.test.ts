import { isSqliteError } from '@poolclass/dialect'
import BetterSqlite3 from 'better-sqlite3'
import { runInNewContext } from 'node:vm'
import { describe, expect, onTestFinished, test } from 'vitest'
import { open } from '../support/open.ts'
import { failureOf } from '../support/failure.ts'
import { run, thrownBy } from '../support/statements.ts'

describe.each([
  ['this thread', 0],
  ['another thread', 1],
])('an error of a connection in %s', (_, threads) => {
  async function errorFrom(...statements: readonly string[]): Promise<Error> {
    const { db } = open({ url: ':memory:', threads })
    for (const statement of statements.slice(0, -1)) await run(db, statement)
    return await failureOf(run(db, statements.at(-1)!))
  }

  test('is one of SQLite, by its extended code, by the code that this extends, and without a code', async () => {
    const error = await errorFrom('create table t (a unique)', 'insert into t values (1), (1)')
    expect(error).toMatchObject({ code: 'SQLITE_CONSTRAINT_UNIQUE' })
    expect(isSqliteError(error)).toBe(true)
    expect(isSqliteError(error, 'SQLITE_CONSTRAINT_UNIQUE')).toBe(true)
    expect(isSqliteError(error, 'SQLITE_CONSTRAINT')).toBe(true)
  })

  test('is none with another code, with the extended code of its code, or with the beginning of a word', async () => {
    const error = await errorFrom('create table t (a check (a > 0))', 'insert into t values (0)')
    expect(isSqliteError(error, 'SQLITE_CONSTRAINT_UNIQUE')).toBe(false)
    expect(isSqliteError(error, 'SQLITE_BUSY')).toBe(false)
    expect(isSqliteError(error, 'SQLITE_CONSTR')).toBe(false)
    const plain = await errorFrom('selec 1')
    expect(isSqliteError(plain, 'SQLITE_ERROR')).toBe(true)
    expect(isSqliteError(plain, 'SQLITE_ERROR_MISSING_COLLSEQ')).toBe(false)
  })

  test('that better-sqlite3 has raised for a parameter is none of SQLite', async () => {
    const { db } = open({ url: ':memory:', threads })
    expect(isSqliteError(await failureOf(run(db, 'select ?')))).toBe(false)
  })
})

test("an error of this package's own is none of SQLite", async () => {
  const { db } = open({ url: ':memory:', creator: (() => 5) as never })
  const error = await failureOf(run(db, 'select 1'))
  expect(error).toMatchObject({ code: 'POOLCLASS_CONFIG' })
  expect(isSqliteError(error)).toBe(false)
})

test.each([
  undefined,
  null,
  'SQLITE_BUSY',
  new Error('SQLITE_BUSY'),
  Object.assign(new Error('by number'), { code: 5 }),
  { code: 'SQLITE_BUSY' },
])('%s is no error of SQLite', (thrown) => {
  expect(isSqliteError(thrown)).toBe(false)
})

test('an error of another realm is one: a test runner may have loaded better-sqlite3 in another context', () => {
  const foreign: unknown = runInNewContext("Object.assign(new Error('locked'), { code: 'SQLITE_BUSY' })")
  expect(foreign).not.toBeInstanceOf(Error)
  expect(isSqliteError(foreign, 'SQLITE_BUSY')).toBe(true)
})

test('the error of a handle that the user has opened is one', () => {
  const database = new BetterSqlite3(':memory:')
  onTestFinished(() => void database.close())
  expect(
    isSqliteError(
      thrownBy(() => database.prepare('selec 1')),
      'SQLITE_ERROR',
    ),
  ).toBe(true)
})
