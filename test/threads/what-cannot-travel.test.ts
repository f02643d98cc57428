import { CompiledQuery, type Kysely } from 'kysely'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { betterSqlite3 } from '../../packages/dialect/src/drivers/better-sqlite3/better-sqlite3.ts'
import { WorkerClient } from '../../packages/dialect/src/threads/worker-client.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { run } from '../support/statements.ts'
import { closeBothHomes, inBothHomes } from './both-homes.ts'

afterAll(closeBothHomes)

const PARAMETERS = [1, 'text', null]

/** Lists that structured clone refuses, of values that it takes. */
const LISTS: readonly (readonly [string, readonly unknown[]])[] = [
  ['a list with a function as a property', Object.assign([...PARAMETERS], { log: () => {} })],
  ['a list with a symbol as a property', Object.assign([...PARAMETERS], { brand: Symbol('brand') })],
  ['a proxy of a list', new Proxy(PARAMETERS, {})],
]

/** Values that structured clone refuses, which cannot be bound either. */
const VALUES: readonly (readonly [string, unknown])[] = [
  ['a proxy', new Proxy({}, {})],
  ['a proxy of bytes', new Proxy(new Uint8Array(2), {})],
  ['an object with a function', { log: () => {} }],
  ['a weak map', new WeakMap()],
]

function overThread(): Kysely<any> {
  return open<any>({ url: ':memory:', threads: 1 }).db
}

test.each(LISTS)('%s is bound as its elements are', async (_, list) => {
  const { rows } = await overThread().executeQuery(
    CompiledQuery.raw('select ? as a, ? as b, ? as c', [...list]),
  )
  expect(rows).toEqual([{ a: 1, b: 'text', c: null }])
  const db = overThread()
  const several = await Promise.all([
    run(db, 'select ? as name', 'alice'),
    db.executeQuery<any>(CompiledQuery.raw('select ? as a, ? as b, ? as c', list as unknown[])),
    run(db, 'select ? as name', 'bob'),
  ])
  expect(several).toMatchObject([
    [{ name: 'alice' }],
    { rows: [{ a: 1, b: 'text', c: null }] },
    [{ name: 'bob' }],
  ])
})

test.each(VALUES)(
  '%s cannot be bound, and those who ask at the same time get their own answers',
  async (_, value) => {
    const { local, hosted } = await inBothHomes(async (db) => {
      const asked = [
        run(db, 'select ? as n', 1),
        run(db, 'select ? as n', value),
        run(db, 'select ? as n', 2),
      ]
      return await Promise.allSettled(asked)
    })
    expect(local).toMatchObject([{ value: [{ n: 1 }] }, { status: 'rejected' }, { value: [{ n: 2 }] }])
    expect(hosted).toStrictEqual(local)
  },
)

test('a blob that is too long for SQLite is refused in the same way, and its bytes are not copied', async () => {
  const long = new Uint8Array(4.5 * 2 ** 30)
  const before = process.memoryUsage.rss()
  const { local, hosted } = await inBothHomes(async (db) => {
    const { name, message } = await failureOf(run(db, 'select length(?) as n', long))
    return { name, message, next: await run(db, 'select 1 as n') }
  })
  expect(local).toMatchObject({ name: 'RangeError', next: [{ n: 1 }] })
  expect(hosted).toStrictEqual(local)
  expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 30)
})

test('a request that cannot be sent is answered so, and each of the others has its own answer', async () => {
  await betterSqlite3.load()
  const worker = new WorkerClient(betterSqlite3, {
    name: 'SQLite test',
    creator: undefined,
    onExit: () => {},
  })
  onTestFinished(() => void worker.terminate(new Error('the test is over')))
  const connection = worker.enter()
  const state = { inTransaction: false }
  const execute = (sql: unknown): ReturnType<typeof worker.ask> =>
    worker.ask(connection, { kind: 'execute', sql: sql as string, parameters: [], cancellable: false }, state)
  const opening = {
    location: { kind: 'memory' },
    filename: ':memory:',
    readonly: false,
    fileMustExist: false,
    safeIntegers: false,
    statementCacheSize: 0,
    key: undefined,
    extensions: [],
    pragmas: [],
    autocheckpoint: undefined,
    statementTimeout: 0,
    optimizes: false,
  } as const
  const cancelled = new SharedArrayBuffer(4)
  const opened = worker.ask(connection, { kind: 'open', opening, label: 'test', cancelled }, state)
  const answers = await Promise.all([
    opened,
    execute("select 'alice' as name"),
    execute(overThread),
    execute("select 'bob' as name"),
    execute(overThread),
    execute("select 'carol' as name"),
  ])
  expect(answers).toMatchObject([
    { kind: 'done' },
    { kind: 'rows', rows: [{ name: 'alice' }] },
    { kind: 'unsent', cause: { name: 'DataCloneError' } },
    { kind: 'rows', rows: [{ name: 'bob' }] },
    { kind: 'unsent', cause: { name: 'DataCloneError' } },
    { kind: 'rows', rows: [{ name: 'carol' }] },
  ])
})
