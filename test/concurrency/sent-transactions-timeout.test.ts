import { TransactionLostError } from '@poolclass/dialect'
import { setTimeout as wait } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { expect, test } from 'vitest'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { PLACES_FOR_WAITS } from '../support/places.ts'
import { run } from '../support/statements.ts'
import { collectWarnings } from '../support/warnings.ts'

/** An `AssertionPool` lets nobody wait. */
const PLACES_SHARED = PLACES_FOR_WAITS.filter(({ poolclass }) => poolclass !== 'AssertionPool')

const TWO_PLACES = PLACES_SHARED.filter((place) =>
  ['QueuePool on file', 'StaticPool on memory'].includes(String(place)),
)

const PATIENTLY = { timeout: 20_000, interval: 20 }

async function openWithTable(config: Parameters<typeof open>[0]): Promise<ReturnType<typeof open<any>>> {
  const opened = open<any>(config)
  await run(opened.db, 'create table t (a)')
  return opened
}

async function expectLost(connection: Kysely<any>, statement: string): Promise<void> {
  const error = await failureOf(run(connection, statement))
  expect(error).toBeInstanceOf(TransactionLostError)
  expect(error.message).toMatch(/it was open for \d+ ms, longer than transactionTimeout/)
}

async function theForgetful(connection: Kysely<any>): Promise<void> {
  await Promise.all([run(connection, 'begin immediate'), run(connection, 'insert into t values (1)')])
}

/** Sends all of them at once. They run one after the other, and nothing comes between them. */
async function runAll(connection: Kysely<any>, ...statements: string[]): Promise<void> {
  await Promise.all(statements.map((statement) => run(connection, statement)))
}

test.each(PLACES_SHARED)(
  'a transaction on %s that was begun by a statement and is open for too long is rolled back and named, and the next writer goes on',
  async ({ config }) => {
    const warnings = collectWarnings('POOLCLASS_TRANSACTION_TIMEOUT')
    const { db } = await openWithTable(config({ transactionTimeout: 200 }))
    await db.connection().execute(async (connection) => {
      await theForgetful(connection)
      // It waits for the lock, and on a pool of one for the connection.
      await run(db, 'insert into t values (2)')
      await expectLost(connection, 'insert into t values (3)')
      await expectLost(connection, 'rollback to s')
      await expectLost(connection, 'insert into t values (3)')
      await expectLost(connection, 'rollback')
      await expectLost(connection, 'commit')
      await run(connection, 'insert into t values (4)')
    })
    expect(await run(db, 'select a from t order by a')).toEqual([{ a: 2 }, { a: 4 }])
    await expect.poll(() => warnings).toHaveLength(1)
    expect(warnings[0]).toMatchObject({
      message: expect.stringMatching(/was rolled back, because it was open for \d+ ms/),
      detail: expect.stringMatching(/^It was begun here:[^]*theForgetful/),
    })
  },
)

test.each(TWO_PLACES)(
  'a `begin` on %s after a transaction that was open for too long begins another one, also if it is Kysely’s',
  { tags: 'slow' },
  async ({ config }) => {
    const warnings = collectWarnings('POOLCLASS_TRANSACTION_TIMEOUT')
    const { db } = await openWithTable(config({ transactionTimeout: 1000 }))
    await db.connection().execute(async (connection) => {
      await run(connection, 'create temp table mine (a)')
      await runAll(connection, 'begin', 'insert into t values (1), (2)')
      const rows = connection.selectFrom('t').selectAll().stream(1)
      await rows.next()
      await expect.poll(() => warnings, PATIENTLY).toHaveLength(1)
      expect(await failureOf(rows.next())).toBeInstanceOf(TransactionLostError)
      await expectLost(connection, 'insert into t values (3)')
      await runAll(connection, 'begin', 'insert into t values (4)', 'commit')
      expect(await run(connection, 'select * from mine')).toEqual([])
      await run(connection, 'begin')
      await expect.poll(() => warnings, PATIENTLY).toHaveLength(2)
      await connection.transaction().execute((trx) => run(trx, 'insert into t values (5)'))
    })
    expect(await run(db, 'select a from t order by a')).toEqual([{ a: 4 }, { a: 5 }])
  },
)

test.each(TWO_PLACES)(
  'a savepoint on %s begins a transaction, and another one in it gives it no more time',
  async ({ config }) => {
    const warnings = collectWarnings('POOLCLASS_TRANSACTION_TIMEOUT')
    const { db } = await openWithTable(config({ transactionTimeout: 200 }))
    await db.connection().execute(async (connection) => {
      await runAll(connection, 'savepoint a', 'insert into t values (1)')
      await expect
        .poll(async () => {
          await run(connection, 'savepoint b').catch(() => {})
          return warnings
        }, PATIENTLY)
        .toHaveLength(1)
      const rows = connection.selectFrom('t').selectAll().stream()
      expect(await failureOf(rows.next())).toBeInstanceOf(TransactionLostError)
      await expectLost(connection, 'release a')
    })
    expect(await run(db, 'select a from t')).toEqual([])
  },
)

test.each(TWO_PLACES)(
  'a transaction on %s that statements begin and end in time is left alone, and so is what follows it',
  { tags: 'slow' },
  async ({ config }) => {
    const warnings = collectWarnings('POOLCLASS_TRANSACTION_TIMEOUT')
    const { db, dialect } = await openWithTable(config({ transactionTimeout: 1000 }))
    await db.connection().execute(async (connection) => {
      await runAll(connection, 'begin', 'insert into t values (1)', 'commit')
      await run(connection, 'begin')
    })
    // The pool rolls it back at once.
    await run(db, 'begin')
    expect(dialect.pool.status().checkedOut).toBe(0)
    await wait(1300)
    await run(db, 'insert into t values (2)')
    expect(await run(db, 'select a from t order by a')).toEqual([{ a: 1 }, { a: 2 }])
    expect(warnings).toEqual([])
  },
)
