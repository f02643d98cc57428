import { TransactionLostError } from '@poolclass/dialect'
import { setTimeout as wait } from 'node:timers/promises'
import type { ControlledTransaction, Kysely } from 'kysely'
import { expect, test } from 'vitest'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { PLACES_FOR_WAITS } from '../support/places.ts'
import { openPlain } from '../support/open-plain.ts'
import { run } from '../support/statements.ts'
import { collectWarnings } from '../support/warnings.ts'

/** An `AssertionPool` lets nobody wait. */
const PLACES_SHARED = PLACES_FOR_WAITS.filter(({ poolclass }) => poolclass !== 'AssertionPool')

const LIMIT = { transactionTimeout: 200 }

async function openWithTable(config: Parameters<typeof open>[0]): Promise<ReturnType<typeof open<any>>> {
  const opened = open<any>(config)
  await run(opened.db, 'create table t (a)')
  return opened
}

async function theForgetful(db: Kysely<any>): Promise<ControlledTransaction<any>> {
  return await db.startTransaction().execute()
}

async function expectLost(transaction: ControlledTransaction<any>): Promise<void> {
  const error = await failureOf(run(transaction, 'insert into t values (3)'))
  expect(error).toBeInstanceOf(TransactionLostError)
  expect(error.message).toMatch(/it was open for \d+ ms, longer than transactionTimeout \(200 ms\)/)
  expect(await failureOf(transaction.commit().execute())).toBeInstanceOf(TransactionLostError)
}

test.each(PLACES_SHARED)(
  'a transaction that is open for too long on %s is rolled back and named, and the next writer goes on',
  async ({ config }) => {
    const warnings = collectWarnings('POOLCLASS_TRANSACTION_TIMEOUT')
    const { db, dialect } = await openWithTable(config(LIMIT))
    const transaction = await theForgetful(db)
    await run(transaction, 'insert into t values (1)')
    // It waits for the lock, and on a pool of one for the connection.
    await run(db, 'insert into t values (2)')
    expect(await run(db, 'select a from t')).toEqual([{ a: 2 }])
    expect(dialect.pool.status().checkedOut).toBe(0)
    await expect.poll(() => warnings).toHaveLength(1)
    expect(warnings[0]?.message).toMatch(
      /was rolled back, because it was open for \d+ ms, longer than transactionTimeout \(200 ms\)/,
    )
    expect(warnings[0]).toMatchObject({
      name: 'PoolclassWarning',
      detail: expect.stringMatching(/^It was begun here:[^]*theForgetful/),
    })

    await expectLost(transaction)
    expect(await run(db, 'select a from t')).toEqual([{ a: 2 }])
  },
)

test.each(PLACES_SHARED)(
  'the callback of a transaction that was open for too long on %s fails, and so does its stream',
  async ({ config }) => {
    const { db } = await openWithTable(config(LIMIT))
    await run(db, 'insert into t values (1), (2), (3)')
    const failures: unknown[] = []
    const transaction = db.transaction().execute(async (trx) => {
      const rows = trx.selectFrom('t').selectAll().stream(1)
      await rows.next()
      await run(db, 'insert into t values (4)')
      failures.push(await failureOf(rows.next()))
      await run(trx, 'insert into t values (5)')
    })
    expect(await failureOf(transaction)).toMatchObject({ code: 'POOLCLASS_TRANSACTION_LOST' })
    expect(failures).toMatchObject([{ code: 'POOLCLASS_TRANSACTION_LOST' }])
    expect(await run(db, 'select count(*) as n from t')).toEqual([{ n: 4 }])
  },
)

test.each(PLACES_SHARED)(
  'a read-only transaction that was open for too long on %s leaves a connection that can write',
  async ({ config }) => {
    const { db } = await openWithTable(config({ ...LIMIT }))
    const transaction = await db.startTransaction().setAccessMode('read only').execute()
    await run(transaction, 'select * from t')
    await wait(350)
    await run(db, 'insert into t values (1)')
    expect(await failureOf(run(transaction, 'select 1'))).toMatchObject({
      code: 'POOLCLASS_TRANSACTION_LOST',
    })
    await transaction.rollback().execute()
    await run(db, 'insert into t values (2)')
    expect(await run(db, 'select count(*) as n from t')).toEqual([{ n: 2 }])
  },
)

test.each(PLACES_SHARED)(
  'a session on %s keeps its connection when its transaction was open for too long, and can begin another',
  async ({ config }) => {
    const { db } = await openWithTable(config(LIMIT))
    await db.connection().execute(async (connection) => {
      await run(connection, 'create temp table mine (a)')
      const overdue = connection.transaction().execute(async (trx) => {
        await run(trx, 'insert into t values (1)')
        await wait(350)
        await run(trx, 'insert into t values (2)')
      })
      expect(await failureOf(overdue)).toMatchObject({ code: 'POOLCLASS_TRANSACTION_LOST' })
      expect(await run(connection, 'select * from mine')).toEqual([])
      await connection.transaction().execute((trx) => run(trx, 'insert into t values (3)'))
    })
    expect(await run(db, 'select a from t')).toEqual([{ a: 3 }])
  },
)

test.each(PLACES_SHARED)(
  'a transaction on %s that rolled back to a savepoint last is rolled back when it is open for too long',
  async ({ config }) => {
    const { db } = await openWithTable(config(LIMIT))
    const transaction = await db.startTransaction().execute()
    await run(transaction, 'insert into t values (1)')
    const savepoint = await transaction.savepoint('s').execute()
    await savepoint.rollbackToSavepoint('s').execute()
    await run(db, 'insert into t values (2)')
    await expectLost(transaction)
    expect(await run(db, 'select a from t')).toEqual([{ a: 2 }])
  },
)

test.each(PLACES_SHARED)(
  'a transaction on %s whose commit failed is rolled back when it is open for too long',
  async ({ config }) => {
    const { db } = await openWithTable(config({ ...LIMIT, pragmas: { foreign_keys: 'on' } }))
    await run(db, 'create table parent (id integer primary key)')
    await run(db, 'create table child (p references parent (id) deferrable initially deferred)')
    const transaction = await db.startTransaction().execute()
    await run(transaction, 'insert into child values (1)')
    const error = await failureOf(transaction.commit().execute())
    expect(error).toMatchObject({ code: expect.stringMatching(/^SQLITE_CONSTRAINT/) })
    await run(db, 'insert into t values (2)')
    await expectLost(transaction)
    expect(await run(db, 'select p from child')).toEqual([])
  },
)

test.each(PLACES_SHARED.filter(({ kind }) => kind === 'file'))(
  'a transaction on %s that is open for too long while its commit waits for a reader is rolled back when the commit fails',
  async ({ config }) => {
    const resolved = config({ ...LIMIT, connectArgs: { timeout: 600 }, pragmas: { journal_mode: 'delete' } })
    const { db } = await openWithTable(resolved)
    const reader = openPlain(String(resolved.url))
    reader.exec('begin; select * from t')
    const transaction = await db.startTransaction().execute()
    await run(transaction, 'insert into t values (1)')
    expect(await failureOf(transaction.commit().execute())).toMatchObject({ code: 'SQLITE_BUSY' })
    reader.exec('commit')
    await run(db, 'insert into t values (2)')
    await expectLost(transaction)
    expect(reader.prepare('select a from t').all()).toEqual([{ a: 2 }])
  },
)

test.each(PLACES_SHARED.filter(({ kind }) => kind === 'file'))(
  'a commit on %s that gets its lock after the transaction was open for too long succeeds, and what follows it is left alone',
  async ({ config }) => {
    const warnings = collectWarnings('POOLCLASS_TRANSACTION_TIMEOUT')
    const resolved = config({ ...LIMIT, connectArgs: { timeout: 5000 }, pragmas: { journal_mode: 'delete' } })
    const { db } = await openWithTable(resolved)
    const reader = openPlain(String(resolved.url))
    reader.exec('begin; select * from t')
    await db.connection().execute(async (connection) => {
      const transaction = await connection.startTransaction().execute()
      await run(transaction, 'insert into t values (1)')
      const committing = transaction.commit().execute()
      await wait(400)
      reader.exec('commit')
      await committing
      await connection.transaction().execute((trx) => run(trx, 'insert into t values (2)'))
    })
    expect(warnings).toEqual([])
    expect(reader.prepare('select a from t').all()).toEqual([{ a: 1 }, { a: 2 }])
  },
)

test('transactions that end in time are left alone, one after the other', { tags: 'slow' }, async () => {
  const warnings = collectWarnings('POOLCLASS_TRANSACTION_TIMEOUT')
  const { db } = await openWithTable({ url: ':memory:', transactionTimeout: 500 })
  const end = performance.now() + 700
  let count = 0
  for (; performance.now() < end; count += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    await db.transaction().execute(async (trx) => {
      await run(trx, 'insert into t values (1)')
      await wait(10)
    })
  }
  expect(await run(db, 'select count(*) as n from t')).toEqual([{ n: count }])
  expect(warnings).toHaveLength(0)
})

test.each(PLACES_FOR_WAITS)(
  'a statement on %s that runs when its transaction is too old ends before the rollback',
  async ({ config }) => {
    const { db } = await openWithTable(config({ transactionTimeout: 10 }))
    const transaction = db.transaction().execute(async (trx) => {
      const rows = await run(
        trx,
        'with recursive n(i) as (select 1 union all select i + 1 from n where i < 400000) select count(*) as n from n',
      )
      expect(rows).toEqual([{ n: 400_000 }])
      await wait(20)
      await run(trx, 'insert into t values (1)')
    })
    expect(await failureOf(transaction)).toMatchObject({ code: 'POOLCLASS_TRANSACTION_LOST' })
    expect(await run(db, 'select a from t')).toEqual([])
  },
)
