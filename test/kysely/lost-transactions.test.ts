import { TransactionLostError } from '@poolclass/dialect'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { PLACES } from '../support/places.ts'
import { isLocked, RawLock } from '../support/raw-lock.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

interface DB {
  parent: { id: number }
  child: { id: number; parent: number }
}

function conflict(db: Kysely<DB>): Promise<unknown> {
  return sql`insert or rollback into parent values (1)`.execute(db)
}

function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable('nothing was thrown'),
    (reason: unknown) => reason,
  )
}

async function ids(db: Kysely<DB>): Promise<number[]> {
  return (await db.selectFrom('parent').select('id').orderBy('id').execute()).map(({ id }) => id)
}

describe.each(PLACES)('%s', (place) => {
  async function database(): Promise<ReturnType<typeof open<DB>>> {
    const opened = open<DB>(place.config())
    const { db } = opened
    await sql`create table parent (id integer primary key)`.execute(db)
    await sql`create table child (id integer primary key, parent references parent (id) deferrable initially deferred)`.execute(
      db,
    )
    await sql`insert into parent values (1)`.execute(db)
    return opened
  }

  test('an error by which SQLite rolls the transaction back is the error that comes out', async () => {
    const { db, dialect } = await database()
    const transaction = db.transaction().execute(async (trx) => {
      await sql`insert into parent values (2)`.execute(trx)
      await conflict(trx)
    })
    await expect(transaction).rejects.toMatchObject({
      // A server tells the constraint by its text alone, which is the same for both.
      code: expect.stringMatching(/^SQLITE_CONSTRAINT_(PRIMARYKEY|UNIQUE)$/),
      message: 'UNIQUE constraint failed: parent.id',
    })
    expect(await ids(db)).toEqual([1])
    expect(dialect.pool.status().checkedOut).toBe(0)
  })

  test('a trigger that rolls back ends the transaction with its own message', async () => {
    const { db } = await database()
    await sql`create trigger stop before insert on child begin select raise(rollback, 'no children'); end`.execute(
      db,
    )
    const transaction = db.transaction().execute(async (trx) => {
      await sql`insert into parent values (2)`.execute(trx)
      await sql`insert into child values (1, 1)`.execute(trx)
    })
    await expect(transaction).rejects.toThrow(/^no children/)
    expect(await ids(db)).toEqual([1])
  })

  test.each(['commit', 'END transaction', '/* all of it */ COMMIT;'])(
    'a “%s” that was sent as a statement is said to have saved what was done before it',
    async (text) => {
      const { db, dialect } = await database()
      const transaction = db.transaction().execute(async (trx) => {
        await sql`insert into parent values (2)`.execute(trx)
        await sql.raw(text).execute(trx)
      })
      await expect(transaction).rejects.toMatchObject({
        code: 'POOLCLASS_TRANSACTION_LOST',
        message: expect.stringMatching(/a `commit` was sent.* Everything before it is saved/s),
      })
      expect(await ids(db)).toEqual([1, 2])
      expect(dialect.pool.status().checkedOut).toBe(0)
    },
  )

  test('a “rollback” that was sent as a statement is said to have undone what was done before it', async () => {
    const { db } = await database()
    const transaction = db.transaction().execute(async (trx) => {
      await sql`insert into parent values (2)`.execute(trx)
      await sql`rollback`.execute(trx)
    })
    await expect(transaction).rejects.toMatchObject({
      code: 'POOLCLASS_TRANSACTION_LOST',
      message: expect.stringMatching(/a `rollback` was sent.* Everything before it is undone/s),
    })
    expect(await ids(db)).toEqual([1])
  })

  test('a rollback to a savepoint and a commit that fails do not count as the end', async () => {
    const { db } = await database()
    await db.transaction().execute(async (trx) => {
      await sql`savepoint here`.execute(trx)
      await sql`insert into child values (1, 404)`.execute(trx)
      await expect(sql`commit`.execute(trx)).rejects.toThrow('FOREIGN KEY constraint failed')
      await sql`rollback to here`.execute(trx)
      await sql`insert into parent values (3)`.execute(trx)
    })
    expect(await ids(db)).toEqual([1, 3])
  })

  test('a transaction that was committed and begun again by statements is committed at its end', async () => {
    const { db } = await database()
    await db.transaction().execute(async (trx) => {
      await sql`insert into parent values (2)`.execute(trx)
      await sql`commit`.execute(trx)
      await sql`begin`.execute(trx)
      await sql`insert into parent values (3)`.execute(trx)
    })
    expect(await ids(db)).toEqual([1, 2, 3])
  })

  test('rolling back what SQLite has rolled back already is no error', async () => {
    const { db, dialect } = await database()
    const trx = await db.startTransaction().execute()
    await caught(conflict(trx))
    await trx.rollback().execute()
    expect(trx.isRolledBack).toBe(true)
    expect(dialect.pool.status().checkedOut).toBe(0)
    expect(await ids(db)).toEqual([1])
  })

  test('committing what SQLite has rolled back already is a coded error, and the transaction counts as rolled back', async () => {
    const { db, dialect } = await database()
    const trx = await db.startTransaction().execute()
    await sql`insert into parent values (2)`.execute(trx)
    await caught(conflict(trx))
    await expect(trx.commit().execute()).rejects.toMatchObject({ code: 'POOLCLASS_TRANSACTION_LOST' })
    expect(trx.isRolledBack).toBe(true)
    expect(trx.isCommitted).toBe(false)
    await trx.rollback().execute()
    await expect.poll(() => dialect.pool.status().checkedOut).toBe(0)
    expect(await ids(db)).toEqual([1])
  })

  test('a callback that swallows the error by which SQLite rolled back does not look committed', async () => {
    const { db, dialect } = await database()
    const transaction = db.transaction().execute(async (trx) => {
      await sql`insert into parent values (2)`.execute(trx)
      await caught(conflict(trx))
    })
    await expect(transaction).rejects.toMatchObject({ code: 'POOLCLASS_TRANSACTION_LOST' })
    expect(dialect.pool.status().checkedOut).toBe(0)
    expect(await ids(db)).toEqual([1])
  })

  test('db.connection() goes on behind a transaction that was lost', async () => {
    const { db, dialect } = await database()
    await db.connection().execute(async (connection) => {
      for (const accessMode of ['read write', 'read only'] as const) {
        const transaction = connection
          .transaction()
          .setAccessMode(accessMode)
          .execute(async (trx) => {
            if (accessMode === 'read only') await sql`rollback`.execute(trx)
            else await caught(conflict(trx))
          })
        expect(await caught(transaction)).toBeInstanceOf(TransactionLostError)
        await sql`insert into parent values (null)`.execute(connection)
        await connection.transaction().execute((trx) => sql`insert into parent values (null)`.execute(trx))
      }
    })
    expect(await ids(db)).toEqual([1, 2, 3, 4, 5])
    expect(dialect.pool.status().checkedOut).toBe(0)
  })

  test('a deferred foreign key that is broken at commit fails the commit, and the transaction is rolled back', async () => {
    const { db, dialect } = await database()
    const transaction = db.transaction().execute(async (trx) => {
      await sql`insert into child values (1, 404)`.execute(trx)
    })
    await expect(transaction).rejects.toMatchObject({
      code: 'SQLITE_CONSTRAINT_FOREIGNKEY',
      message: 'FOREIGN KEY constraint failed',
    })
    expect(dialect.pool.status().checkedOut).toBe(0)
    expect(await db.selectFrom('child').selectAll().execute()).toEqual([])
    await db.transaction().execute((trx) => sql`insert into child values (2, 1)`.execute(trx))
    expect(await db.selectFrom('child').selectAll().execute()).toEqual([{ id: 2, parent: 1 }])
  })

  test('a controlled transaction whose commit fails for a foreign key can be mended and committed', async () => {
    const { db } = await database()
    const trx = await db.startTransaction().execute()
    await sql`insert into child values (1, 404)`.execute(trx)
    await expect(trx.commit().execute()).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_FOREIGNKEY' })
    expect([trx.isCommitted, trx.isRolledBack]).toEqual([false, false])
    await sql`insert into parent values (404)`.execute(trx)
    await trx.commit().execute()
    expect(await ids(db)).toEqual([1, 404])
  })
})

test('what a callback writes after SQLite has rolled back is not saved on its own', async () => {
  const { db } = open<DB>(':memory:')
  await sql`create table parent (id integer primary key)`.execute(db)
  const transaction = db.transaction().execute(async (trx) => {
    await sql`insert into parent values (1)`.execute(trx)
    await caught(conflict(trx))
    await sql`insert into parent values (3)`.execute(trx)
  })
  await expect(transaction).rejects.toBeInstanceOf(Error)
  expect(await db.selectFrom('parent').selectAll().execute()).toEqual([])
})

test('a connection can write again after a read-only transaction that was lost', async () => {
  const { db } = open<DB>(':memory:')
  await sql`create table parent (id integer primary key)`.execute(db)
  const trx = await db.startTransaction().setAccessMode('read only').execute()
  await sql`rollback`.execute(trx)
  await expect(trx.commit().execute()).rejects.toMatchObject({ code: 'POOLCLASS_TRANSACTION_LOST' })
  await db.insertInto('parent').values({ id: 1 }).execute()
  expect(await db.selectFrom('parent').selectAll().execute()).toEqual([{ id: 1 }])
})

test('a connection can write again after a read-only transaction that was released without an end', async () => {
  const { db, dialect } = open<DB>(':memory:')
  await sql`create table parent (id integer primary key)`.execute(db)
  const driver = dialect.createDriver()
  await driver.init()
  const handle = await driver.acquireConnection()
  await driver.beginTransaction(handle, { accessMode: 'read only' })
  await driver.releaseConnection(handle)
  await driver.destroy()
  await db.insertInto('parent').values({ id: 1 }).execute()
  expect(await db.selectFrom('parent').selectAll().execute()).toEqual([{ id: 1 }])
})

test('a “commit” that was sent as a statement, and had to wait for a reader, is said to have saved what was done before it', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const { db } = open<DB>({ url, pragmas: { journal_mode: 'delete' } })
  await sql`create table parent (id integer primary key)`.execute(db)
  const transaction = db.transaction().execute(async (trx) => {
    await sql`insert into parent values (1)`.execute(trx)
    const reader = new RawLock(url, 'begin; select * from parent')
    const ending = sql`commit`.execute(trx)
    await delay(50)
    reader.release()
    await ending
  })
  expect(await caught(transaction)).toMatchObject({
    code: 'POOLCLASS_TRANSACTION_LOST',
    message: expect.stringContaining('Everything before it is saved'),
  })
  expect(await ids(db)).toEqual([1])
})

describe.each(['QueuePool', 'StaticPool', 'NullPool'] as const)('on a %s', (poolclass) => {
  test.each(['rollback', 'commit', null] as const)(
    'a transaction that ends because one of another database was lost is rolled back, with poolResetOnReturn %s',
    async (poolResetOnReturn) => {
      const url = join(temporaryDirectory(), 'app.db')
      const { db, dialect } = open<DB>({ url, poolclass, poolResetOnReturn })
      const { db: other } = open<DB>(':memory:')
      await sql`create table parent (id integer primary key)`.execute(db)
      await sql`create table parent (id integer primary key)`.execute(other)
      await other.insertInto('parent').values({ id: 1 }).execute()
      const transaction = db.transaction().execute(async (trx) => {
        await trx.insertInto('parent').values({ id: 1 }).execute()
        await other.transaction().execute(async (inner) => {
          await caught(conflict(inner))
          await inner.insertInto('parent').values({ id: 2 }).execute()
        })
      })
      await expect(transaction).rejects.toBeInstanceOf(TransactionLostError)
      expect(await ids(db)).toEqual([])
      expect(isLocked(url)).toBe(false)
      const checkout = await dialect.pool.connect()
      expect(checkout.connection.inTransaction).toBe(false)
      await checkout.close()
      await db.transaction().execute((trx) => trx.insertInto('parent').values({ id: 3 }).execute())
      expect(await ids(db)).toEqual([3])
      expect(dialect.pool.status().checkedOut).toBe(0)
    },
  )
})

test('a transaction whose callback makes a TransactionLostError of its own is rolled back', async () => {
  const { db } = open<DB>({ url: ':memory:', poolResetOnReturn: 'commit' })
  await sql`create table parent (id integer primary key)`.execute(db)
  const reason = new TransactionLostError()
  const transaction = db.transaction().execute(async (trx) => {
    await trx.insertInto('parent').values({ id: 1 }).execute()
    throw reason
  })
  await expect(transaction).rejects.toBe(reason)
  expect(await ids(db)).toEqual([])
})
