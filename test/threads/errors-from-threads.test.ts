import type { Kysely } from 'kysely'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { SqliteError } from '../support/sqlite-error.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { closeBothHomes, inBothHomes } from './both-homes.ts'
import { CREATOR, creatorOf } from './creators.ts'

afterAll(closeBothHomes)

const SCHEMA =
  'create table t (id integer primary key, a text unique, b integer not null, check (b < 10)) strict'

/** Programs that fail, with what each fails with. */
const FAILING: readonly (readonly [string, object, (db: Kysely<any>) => Promise<unknown>])[] = [
  ['a syntax error', { code: 'SQLITE_ERROR' }, (db) => run(db, 'selec 1')],
  ['a table that is missing', { code: 'SQLITE_ERROR' }, (db) => run(db, 'select * from missing')],
  ['a column that is missing', { code: 'SQLITE_ERROR' }, (db) => db.selectFrom('t').select('x').execute()],
  [
    'a value that is there already',
    { code: 'SQLITE_CONSTRAINT_UNIQUE' },
    (db) => run(db, "insert into t (a, b) values ('x', 1), ('x', 2)"),
  ],
  [
    'a row that is there already',
    { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' },
    (db) => run(db, 'insert into t (id, b) values (1, 1), (1, 1)'),
  ],
  [
    'a value that is missing',
    { code: 'SQLITE_CONSTRAINT_NOTNULL' },
    (db) => run(db, 'insert into t (id) values (1)'),
  ],
  ['a failed check', { code: 'SQLITE_CONSTRAINT_CHECK' }, (db) => run(db, 'insert into t (b) values (11)')],
  [
    'a value of another type',
    { code: 'SQLITE_CONSTRAINT_DATATYPE' },
    (db) => run(db, "insert into t (b) values ('x')"),
  ],
  ['a failure in the middle of the rows', { code: 'SQLITE_ERROR' }, (db) => run(db, "select json('{')")],
  ['an overflow', { code: 'SQLITE_ERROR' }, (db) => run(db, 'select abs(-9223372036854775807 - 1)')],
  ['a commit without a transaction', { code: 'SQLITE_ERROR' }, (db) => run(db, 'commit')],
  ['a missing parameter', { name: 'RangeError' }, (db) => run(db, 'select ?')],
  ['a parameter too many', { name: 'RangeError' }, (db) => run(db, 'select ?', 1, 2)],
  ['a missing named parameter', { name: 'TypeError' }, (db) => run(db, 'select :name')],
  ['two statements', { name: 'RangeError' }, (db) => run(db, 'select 1; select 2')],
  ['no statement', { name: 'RangeError' }, (db) => run(db, ' -- nothing')],
  ['a parameter that cannot be bound', { name: 'TypeError' }, (db) => run(db, 'select ?', {})],
  ['a bigint that is too big', { name: 'RangeError' }, (db) => run(db, 'select ?', 2n ** 64n)],
  ['a stream of no rows', { name: 'TypeError' }, async (db) => await db.deleteFrom('t').stream().next()],
  [
    'a failure in a stream',
    { code: 'SQLITE_ERROR' },
    async (db) => await db.selectFrom('missing').selectAll().stream().next(),
  ],
  [
    'a chunk size of nothing',
    { code: 'POOLCLASS_CONFIG' },
    (db) => db.selectFrom('t').selectAll().stream(0).next(),
  ],
]

/** All of an error that can be relied on. */
function factsOf(error: Error & { readonly code?: string; readonly key?: string }): object {
  const { constructor, name, message, code, key } = error
  return { constructor, name, message, code, key, isSqliteError: error instanceof SqliteError }
}

test.each(FAILING)('%s gives the same error from another thread as here', async (_, expected, program) => {
  const { local, hosted } = await inBothHomes(async (db) => {
    await run(db, SCHEMA)
    return factsOf(await failureOf(program(db)))
  })
  expect(local).toMatchObject(expected)
  expect(hosted).toStrictEqual(local)
})

test.each([
  ['cannot be opened', { connectArgs: { fileMustExist: true } }],
  ['is not a database', { pragmas: { journal_mode: 'wal' } }],
] as const)('a file that %s gives the same error from another thread as here', async (what, config) => {
  const url = what === 'is not a database' ? import.meta.filename : join(temporaryDirectory(), 'missing.db')
  const failures = [0, 1].map(async (threads) =>
    factsOf(await failureOf(run(open({ url, threads, ...config }).db, 'select * from sqlite_schema'))),
  )
  const [local, hosted] = await Promise.all(failures)
  expect(local).toMatchObject({ isSqliteError: true })
  expect(hosted).toStrictEqual(local)
})

test.each<readonly [string, string, object]>([
  [
    'exports something else than a function',
    'export default 5',
    { code: 'POOLCLASS_CONFIG', key: 'creator' },
  ],
  ['exports nothing', '', { code: 'POOLCLASS_CONFIG', key: 'creator' }],
  ['opens nothing', 'export default () => 5', { code: 'POOLCLASS_CONFIG', key: 'creator' }],
  ['cannot be parsed', 'export default (', { constructor: SyntaxError }],
  [
    'throws an error of its own',
    'throw Object.assign(new Error("no luck"), { name: "OwnError", code: "OWN" })',
    { name: 'OwnError', message: 'no luck', code: 'OWN' },
  ],
])(
  'a creator whose module %s gives the same error from another thread as here',
  async (_, text, expected) => {
    const failures = [0, 1].map(async (threads) =>
      factsOf(
        await failureOf(run(open({ url: ':memory:', threads, creator: creatorOf(text) }).db, 'select 1')),
      ),
    )
    const [local, hosted] = await Promise.all(failures)
    expect(local).toMatchObject(expected)
    expect(hosted).toStrictEqual(local)
  },
)

describe("what a user's own SQL function throws", () => {
  test.each([
    ['an Error', "select fail('no luck')"],
    ['a RangeError with a code', "select fail_with_code('no luck')"],
    ['what the driver throws for a value that SQLite does not know', 'select gives_object()'],
  ])('arrives with its name, message and code: %s', async (_, text) => {
    const { local, hosted } = await inBothHomes(async (db) => factsOf(await failureOf(run(db, text))), {
      creator: CREATOR,
    })
    expect(hosted).toStrictEqual(local)
  })
})

function overThread(): Kysely<any> {
  return open<any>({ url: ':memory:', threads: 1, creator: CREATOR }).db
}

async function theCallerOf(query: () => Promise<unknown>): Promise<void> {
  await query()
}

describe('the stack of an error tells where the caller was', () => {
  test.each<readonly [string, (db: Kysely<any>) => Promise<unknown>]>([
    ['a query', (on) => on.selectFrom('missing').selectAll().execute()],
    ['a raw query', (on) => run(on, 'selec 1')],
    ['a function of the user', (on) => run(on, "select fail('no luck')")],
    ['a parameter that cannot be bound', (on) => run(on, 'select ?', {})],
    [
      'a query in a transaction',
      (on) => on.transaction().execute((trx) => trx.selectFrom('missing').selectAll().execute()),
    ],
  ])('of %s', async (_, query) => {
    const { stack } = await failureOf(theCallerOf(() => query(overThread())))
    expect(stack).toContain('errors-from-threads.test.ts')
    expect(stack).toContain('theCallerOf')
  })

  test('of a stream', async () => {
    const on = overThread()
    async function theReader(): Promise<void> {
      for await (const _ of on.selectFrom('missing').selectAll().stream());
    }
    const { stack } = await failureOf(theReader())
    expect(stack).toContain('errors-from-threads.test.ts')
    expect(stack).toContain('theReader')
  })
})

test.each([
  ['misuse()', TypeError],
  ["fail('on purpose')", Error],
])(
  'the stack of what %s of the creator throws shows where that was, and then who asked',
  async (call, type) => {
    const db = overThread()
    const failure = await failureOf(theCallerOf(() => run(db, `select ${call}`)))
    expect(failure).toBeInstanceOf(type)
    const lines = (failure.stack ?? '').split('\n')
    const inCreator = lines.findIndex((line) => line.includes('creator.ts'))
    const inCaller = lines.findIndex((line) => line.includes('theCallerOf'))
    expect(lines[0]).toBe(`${type.name}: ${failure.message}`)
    expect(inCreator).toBeGreaterThan(0)
    expect(inCaller).toBeGreaterThan(inCreator)
  },
)

test('what a function of the creator throws in the calling thread is thrown on as it is, even if it is no error', async () => {
  const { db } = open<any>({ url: ':memory:', creator: CREATOR })
  const thrown: unknown = await run(db, 'select throw_no_error()').catch((error: unknown) => error)
  expect(Object.getPrototypeOf(thrown)).toBeNull()
  expect(await run(db, 'select 1 as x')).toEqual([{ x: 1 }])
})

test('a function of the creator that throws what is no error does not end the thread', async () => {
  const { db } = open<any>({ url: ':memory:', threads: 1, creator: CREATOR })
  await run(db, 'create table t (a)')
  const failure = await failureOf(run(db, 'select throw_no_error()'))
  expect(failure.message).toContain('no Error')
  expect(await run(db, 'select a from t')).toEqual([])
})

describe('an error of the user arrives, whatever it is, and its thread lives on:', () => {
  test.each([
    [
      'whose message cannot be read',
      `Object.defineProperty(new Error(), 'message', { get() { throw new Error() } })`,
    ],
    [
      'whose code cannot be read',
      `Object.defineProperty(new Error('m'), 'code', { get() { throw new Error() } })`,
    ],
    [
      'whose stack cannot be read',
      `Object.defineProperty(new Error('m'), 'stack', { get() { throw new Error() } })`,
    ],
    [
      'whose cause cannot be read',
      `Object.defineProperty(new Error('m'), 'cause', { get() { throw new Error() } })`,
    ],
    ['whose name is an object', `Object.assign(new Error('m'), { name: Object.create(null) })`],
    ['whose message is a symbol', `Object.assign(new Error('m'), { message: Symbol('m') })`],
    [
      'that is a proxy which tells nothing',
      `new Proxy(new Error('m'), { get() { throw 1 }, getPrototypeOf() { throw 2 } })`,
    ],
    [
      'that is its own cause',
      `(() => { const error = new Error('m'); return Object.assign(error, { cause: error }) })()`,
    ],
    ['whose text cannot be made', `({ toString() { throw new Error() } })`],
    ['whose stack is no text', `Object.assign(new Error('m'), { stack: { a: 1 } })`],
  ])('one %s', async (_, thrown) => {
    const db = overThread()
    await run(db, 'create table t (a)')
    expect(await failureOf(run(db, 'select throw_this(?)', thrown))).toBeInstanceOf(Error)
    expect(await run(db, 'select a from t')).toEqual([])
  })

  test.each([
    ['a number as its code', `Object.assign(new Error('m'), { code: 42 })`],
    ['an error as its cause', `new Error('m', { cause: Object.assign(new TypeError('why'), { code: 7 }) })`],
    [
      'causes behind causes',
      `new Error('a', { cause: new RangeError('b', { cause: new Error('c', { cause: 'd' }) }) })`,
    ],
    ['a text as its cause', `new Error('m', { cause: 'because' })`],
    ['null as its cause', `new Error('m', { cause: null })`],
    ['no cause', `new Error('m')`],
    ['undefined as its cause', `new Error('m', { cause: undefined })`],
  ])('one with %s, as it is', async (_, thrown) => {
    const { local, hosted } = await inBothHomes(
      async (db) => causesOf(await failureOf(run(db, 'select throw_this(?)', thrown))),
      { creator: CREATOR },
    )
    expect(hosted).toStrictEqual(local)
  })
})

/** The facts of an error, with those of its cause. */
function causesOf(error: unknown): unknown {
  return error instanceof Error ? { ...factsOf(error), cause: causesOf(error.cause) } : error
}
