import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { traceTo } from '@poolclass/dialect'
import { CompiledQuery } from 'kysely'
import { expect, test } from 'vitest'
import { shownSql } from '../../packages/dialect/src/connection/shown-sql.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { PLACES_FOR_WAITS } from '../support/places.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { collectWarnings } from '../support/warnings.ts'

/** An `AssertionPool` lets nobody wait. */
const PLACES_SHARED = PLACES_FOR_WAITS.filter(({ poolclass }) => poolclass !== 'AssertionPool')

const SECRET = 'a value that no report may have'

/** Computes for some tenths of a second. */
const LONG = `with recursive n(i) as (select 1 union all select i + 1 from n where i < 600000) select count(*), ? as a from n`

interface Report {
  readonly message: string
  readonly time: number
  readonly connection: number
  readonly lock: number
  readonly sql: string
}

/** The report of the query that has `text` in it. */
async function reportOf(warnings: readonly Error[], text: string): Promise<Report> {
  const find = (): Error | undefined => warnings.find(({ message }) => message.includes(text))
  await expect.poll(find).toBeDefined()
  const { message } = find()!
  const found =
    /took (\d+) ms, longer than slowQueryThreshold \(\d+ ms\)\. It waited (\d+) ms for a connection and (\d+) ms for a lock[^:]*: (.*)$/s.exec(
      message,
    )
  const [, time, connection, lock, sql = ''] = found ?? []
  return { message, time: Number(time), connection: Number(connection), lock: Number(lock), sql }
}

test.each(PLACES_FOR_WAITS)(
  'a query on %s that computes for long is reported with its SQL and without values, and so is a stream',
  async ({ config }) => {
    const slow = collectWarnings('POOLCLASS_SLOW_QUERY')
    const { db } = open(config({ slowQueryThreshold: 20 }))
    await run(db, LONG, SECRET)
    const report = await reportOf(slow, 'recursive')
    expect(report).toMatchObject({
      message: expect.stringMatching(/^A query on .*#1 took /),
      sql: LONG,
      lock: 0,
    })
    expect(report.time).toBeGreaterThanOrEqual(20)

    const streamed = `${LONG} limit 1`
    for await (const _ of db.getExecutor().stream(CompiledQuery.raw(streamed, [SECRET]), 1)) await wait(1)
    expect((await reportOf(slow, streamed)).time).toBeGreaterThanOrEqual(20)
    expect(slow.map(({ message, stack }) => `${message} ${stack}`).join()).not.toContain(SECRET)
  },
)

test.each(PLACES_SHARED)(
  'a write on %s that waits for another one is reported with its wait',
  async ({ config, single }) => {
    const slow = collectWarnings('POOLCLASS_SLOW_QUERY')
    const { db } = open(config({ slowQueryThreshold: 80 }))
    await run(db, 'create table t (a)')
    const { promise: inserted, resolve } = Promise.withResolvers<void>()
    const held = db.transaction().execute(async (trx) => {
      await run(trx, 'insert into t values (1)')
      resolve()
      await wait(120)
    })
    await inserted
    await run(db, 'insert into t values (?)', SECRET)
    await held
    const report = await reportOf(slow, 'values (?)')
    // A text that is new has to be prepared before it is known to write.
    expect(single ? report.connection : report.lock).toBeGreaterThanOrEqual(80)
    expect(report.time).toBeGreaterThanOrEqual(report.lock + report.connection - 2)
    expect(report.sql).toBe('insert into t values (?)')
  },
)

test.each(PLACES_SHARED.filter(({ single }) => single))(
  'a read on %s that waits for the connection is reported with that wait',
  async ({ config }) => {
    const slow = collectWarnings('POOLCLASS_SLOW_QUERY')
    const { db } = open(config({ slowQueryThreshold: 80 }))
    const { promise: begun, resolve } = Promise.withResolvers<void>()
    const held = db.connection().execute(async (connection) => {
      await run(connection, 'select 1')
      resolve()
      await wait(120)
    })
    await begun
    await run(db, 'select 2')
    await held
    const report = await reportOf(slow, 'select 2')
    expect(report.connection).toBeGreaterThanOrEqual(80)
    expect(report.lock).toBe(0)
  },
)

test('what the reader of a stream does meanwhile is not its time', async () => {
  const slow = collectWarnings('POOLCLASS_SLOW_QUERY')
  const { db } = open<any>({ url: ':memory:', slowQueryThreshold: 300 })
  await run(db, 'create table t (a)')
  await run(db, 'insert into t values (1), (2), (3)')
  for await (const _ of db.selectFrom('t').select('a').stream(1)) await wait(150)
  for await (const _ of db.selectFrom('t').select('a').stream(1)) {
    await wait(400)
    break
  }
  await wait(1)
  expect(slow.filter(({ message }) => message.includes('select "a"'))).toHaveLength(0)
})

test('a query that fails is reported with the code of its error alone', async () => {
  const slow = collectWarnings('POOLCLASS_SLOW_QUERY')
  const { db } = open({ url: ':memory:', slowQueryThreshold: 100, poolTimeout: 150 })
  await db.connection().execute(async (connection) => {
    await run(connection, 'select 1')
    expect(await failureOf(run(db, 'select ?', SECRET))).toMatchObject({ code: 'POOL_TIMEOUT' })
  })
  expect((await reportOf(slow, 'select ?')).message).toMatch(
    /^A query without a connection took \d+ ms, .* waited \d+ ms for a connection and 0 ms for a lock, and failed \(POOL_TIMEOUT\): select \?$/,
  )
})

test.each([
  ["pragma key = 's3cret'", 'pragma key …'],
  ["PRAGMA rekey('s3cret')", 'PRAGMA rekey …'],
  ["attach 'file:a?key=s3cret' as a", 'attach …'],
  ["attach database `s3cret` as a key 's3cret'", 'attach database …'],
  ['pragma user_version', 'pragma user_version'],
  ["select 's3cret'", "select 's3cret'"],
  ['x'.repeat(3000), `${'x'.repeat(2000)} … (3000 characters)`],
])('of %s, a report shows what is no secret', (sql, shown) => {
  expect(shownSql(sql)).toBe(shown)
})

test.each([
  ['TimeoutError', new DOMException('late', 'TimeoutError')],
  ['null', null],
  ['a text', 'enough of it'],
  ['an object', { code: 404 }],
])(
  'a slow query that is given up for %s is reported, and its user is told no more than that',
  async (_, reason) => {
    const slow = collectWarnings('POOLCLASS_SLOW_QUERY')
    const { db, dialect } = open({ url: ':memory:', slowQueryThreshold: 10 })
    const trace = traceTo(join(temporaryDirectory(), 'trace.json'))
    const controller = new AbortController()
    await db.connection().execute(async (connection) => {
      await run(connection, 'select 1')
      const waiting = db
        .selectNoFrom((eb) => eb.lit(1).as('one'))
        .execute({ signal: controller.signal })
        .catch((error: unknown) => ({ error }))
      await wait(30)
      controller.abort(reason)
      expect(await waiting).toEqual({ error: reason })
      const isNamed = reason instanceof Error
      const failed = isNamed ? 'and failed (TimeoutError)' : 'and failed: '
      await expect
        .poll(() => slow.map(({ message }) => message))
        .toContainEqual(expect.stringContaining(failed))
    })
    trace.close()
    expect(dialect.pool.status().checkedOut).toBe(0)
  },
)
