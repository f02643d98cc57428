// oxlint-disable no-await-in-loop -- one statement comes after the other
import { StaticPool } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { randomUUID } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { newDialect, open } from '../support/open.ts'
import { handleOf, PlainDatabase } from '../support/plain-database.ts'
import { POOL_CLASSES } from '../support/pool-classes.ts'
import { failureOf } from '../support/failure.ts'
import { onEachOf, run, times } from '../support/statements.ts'

const sharedUrl = (name: string = randomUUID()): string => `file:${name}?mode=memory&cache=shared`

describe('private memory', () => {
  test.each(['SingletonThreadPool', 'StaticPool', 'AssertionPool'] as const)(
    'of %s survives errors, aborted transactions and time-outs',
    async (poolclass) => {
      const { db, dialect } = open({
        url: ':memory:',
        poolclass,
        poolPrePing: true,
        ...(poolclass !== 'AssertionPool' && { poolTimeout: 20 }),
      })
      await run(db, 'create table t (x unique)')
      await run(db, 'insert into t values (1)')
      await failureOf(run(db, 'insert into t values (1)'))
      await failureOf(run(db, 'selekt'))
      await failureOf(run(db, 'select ?', {}))
      await failureOf(db.transaction().execute((trx) => run(trx, 'insert or rollback into t values (1)')))
      await failureOf(db.transaction().execute(() => Promise.reject(new Error('mine'))))
      await db.connection().execute(async (connection) => {
        await run(connection, 'begin')
        await run(connection, 'insert into t values (2)')
        await run(connection, 'pragma foreign_keys = off')
      })
      await db.connection().execute(async (connection) => {
        await run(connection, 'select 1')
        await failureOf(run(db, 'select 1'))
      })
      for await (const row of db.selectFrom('t').selectAll().stream()) {
        expect(row).toEqual({ x: 1 })
        break
      }
      expect(await run(db, 'select x from t')).toEqual([{ x: 1 }])
      expect(dialect.pool.status()).toMatchObject({ opened: 1, closed: 0, checkedOut: 0 })
    },
  )

  test('ends with destroy(), and a new Kysely instance over the same dialect begins anew', async () => {
    const dialect = newDialect(':memory:')
    const first = new Kysely<any>({ dialect })
    await run(first, 'create table t (x)')
    await first.destroy()
    const second = new Kysely<any>({ dialect })
    expect(await run(second, 'select name from sqlite_schema')).toEqual([])
    await run(second, 'create table t (x)')
    await second.destroy()
  })

  test('is one for all Kysely instances over a dialect, until the last of them is destroyed', async () => {
    const dialect = newDialect(':memory:')
    const [first, second] = [new Kysely<any>({ dialect }), new Kysely<any>({ dialect })]
    await run(first, 'create table t (x)')
    expect(await run(second, 'select * from t')).toEqual([])
    await first.destroy()
    expect(await run(second, 'select * from t')).toEqual([])
    await second.destroy()
    expect(dialect.pool.status()).toMatchObject({ idle: 0, opened: 1, closed: 1 })
  })

  test('of two dialects is two databases', async () => {
    const [one, two] = [open(':memory:').db, open(':memory:').db]
    await run(one, 'create table t (x)')
    expect(await run(two, 'select name from sqlite_schema')).toEqual([])
  })

  test('of StaticPool is private unless checkSameThread is false', async () => {
    const [one, two] = [
      open({ url: ':memory:', poolclass: 'StaticPool' }).db,
      open({ url: ':memory:', poolclass: 'StaticPool' }).db,
    ]
    await run(one, 'create table t (x)')
    expect(await run(two, 'select name from sqlite_schema')).toEqual([])
  })

  test('goes with an explicit invalidate(), and the next connection is empty', async () => {
    const { db, dialect } = open(':memory:')
    await run(db, 'create table t (x)')
    const checkout = await dialect.pool.connect()
    await checkout.invalidate()
    await checkout.close()
    expect(await run(db, 'select name from sqlite_schema')).toEqual([])
  })
})

describe.each(POOL_CLASSES)('shared memory with %s', (poolclass) => {
  test('outlives its connections, and every invalidation', async () => {
    const { db, dialect } = open({ url: sharedUrl(), poolclass })
    await run(db, 'create table t (x)')
    const checkout = await dialect.pool.connect()
    await checkout.invalidate()
    await checkout.close()
    await dialect.pool.dispose()
    await run(db, 'insert into t values (1)')
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await run(db, 'select x from t')).toEqual([{ x: 1 }])
    expect(dialect.pool.status()).toMatchObject({ checkedOut: 0 })
  })

  test('lives as long as any dialect that opened it, and no longer', async () => {
    const url = sharedUrl()
    const dialects = [0, 1].map(() => newDialect({ url, poolclass }))
    const [one, two] = dialects.map((dialect) => new Kysely<any>({ dialect })) as [Kysely<any>, Kysely<any>]
    await run(one, 'create table t as select 1 as x')
    expect(await run(two, 'select x from t')).toEqual([{ x: 1 }])
    await one.destroy()
    expect(await run(two, 'select x from t')).toEqual([{ x: 1 }])
    await two.destroy()
    const { db } = open({ url, poolclass })
    expect(await run(db, 'select name from sqlite_schema')).toEqual([])
  })
})

describe('shared memory', () => {
  test('of different names is different databases', async () => {
    const [one, two] = [open(sharedUrl()).db, open(sharedUrl()).db]
    await run(one, 'create table t (x)')
    expect(await run(two, 'select name from sqlite_schema')).toEqual([])
  })

  test('is the same by each URL that names it, whatever the pool classes', async () => {
    const name = randomUUID()
    const { db } = open({ url: sharedUrl(name), poolclass: 'QueuePool' })
    await run(db, 'create table t as select 1 as x')
    for (const url of [
      `file:/${name}?vfs=memdb`,
      `sqlite:///file:${name}?mode=memory&cache=shared&uri=true`,
    ]) {
      expect(await run(open({ url, poolclass: 'NullPool' }).db, 'select x from t')).toEqual([{ x: 1 }])
    }
    expect(await onEachOf(db, 3, 'select x from t')).toEqual(times(3, [{ x: 1 }]))
  })

  test("is what ':memory:' with StaticPool and checkSameThread: false means", async () => {
    const config = { url: ':memory:', poolclass: StaticPool, connectArgs: { checkSameThread: false } }
    const [one, two, three] = [
      open(config).db,
      open({ ...config, poolclass: 'StaticPool' }).db,
      open('file::memory:?cache=shared').db,
    ]
    await run(one, 'create table t as select 1 as x')
    expect(await run(two, 'select x from t')).toEqual([{ x: 1 }])
    expect(await run(three, 'select x from t')).toEqual([{ x: 1 }])
  })

  test('keeps the place of every transaction, while readers of other connections wait', async () => {
    const { db } = open({ url: sharedUrl(), poolclass: 'QueuePool' })
    await run(db, 'create table t (x)')
    const inserted = Promise.withResolvers<void>()
    const [, rows] = await Promise.all([
      db.transaction().execute(async (trx) => {
        await run(trx, 'insert into t values (1)')
        inserted.resolve()
        await new Promise((resolve) => setTimeout(resolve, 30))
        await run(trx, 'insert into t values (2)')
      }),
      inserted.promise.then(() => run(db, 'select count(*) as n from t')),
    ])
    expect(rows).toEqual([{ n: 2 }])
  })

  test('that a creator opens is kept too, and each of its handles is closed in the end', async () => {
    const name = randomUUID()
    const handles: PlainDatabase[] = []
    const dialect = newDialect({
      url: sharedUrl(name),
      poolclass: 'NullPool',
      threads: 0,
      creator: () => {
        const handle = new PlainDatabase(`file:/${name}?vfs=memdb`)
        handles.push(handle)
        return handleOf(handle)
      },
    })
    const db = new Kysely<any>({ dialect })
    onTestFinished(() => db.destroy())
    await run(db, 'create table t as select 1 as x')
    expect(await run(db, 'select x from t')).toEqual([{ x: 1 }])
    await db.destroy()
    expect(handles.filter((handle) => handle.open)).toEqual([])
  })
})
