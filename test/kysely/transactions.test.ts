import { type IsolationLevel, type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { PLACES, PLACES_FOR_MANY } from '../support/places.ts'

interface DB {
  t: { a: number }
}

const ISOLATION_LEVELS: IsolationLevel[] = [
  'read uncommitted',
  'read committed',
  'repeatable read',
  'serializable',
  'snapshot',
]

const AWKWARD_NAMES = [
  'a "quoted" name',
  'select',
  'two words',
  'semi;colon',
  'ünïcode 🎈',
  '1',
  "it's",
  '--',
]

async function numbers(db: Kysely<DB>): Promise<number[]> {
  const rows = await db.selectFrom('t').select('a').orderBy('a').execute()
  return rows.map(({ a }) => a)
}

async function add(db: Kysely<DB>, a: number): Promise<void> {
  await db.insertInto('t').values({ a }).execute()
}

describe.each(PLACES)('%s', (place) => {
  async function database(): Promise<ReturnType<typeof open<DB>>> {
    const opened = open<DB>(place.config())
    await opened.db.schema.createTable('t').addColumn('a', 'integer').execute()
    return opened
  }

  test('a transaction keeps what it wrote and returns what its callback returns', async () => {
    const { db } = await database()
    const result = await db.transaction().execute(async (trx) => {
      await add(trx, 1)
      return numbers(trx)
    })
    expect(result).toEqual([1])
    expect(await numbers(db)).toEqual([1])
  })

  test('a transaction whose callback throws leaves nothing behind and throws that very error', async () => {
    const { db, dialect } = await database()
    const reason = new Error('changed my mind')
    const transaction = db.transaction().execute(async (trx) => {
      await add(trx, 1)
      throw reason
    })
    await expect(transaction).rejects.toBe(reason)
    expect(await numbers(db)).toEqual([])
    expect(dialect.pool.status().checkedOut).toBe(0)
  })

  test('a controlled transaction commits', async () => {
    const { db, dialect } = await database()
    const trx = await db.startTransaction().execute()
    await add(trx, 1)
    await trx.commit().execute()
    expect(trx.isCommitted).toBe(true)
    expect(await numbers(db)).toEqual([1])
    expect(dialect.pool.status().checkedOut).toBe(0)
  })

  test('a controlled transaction rolls back, and refuses further use', async () => {
    const { db } = await database()
    const trx = await db.startTransaction().execute()
    await add(trx, 1)
    await trx.rollback().execute()
    expect(trx.isRolledBack).toBe(true)
    await expect(add(trx, 2)).rejects.toThrow('Transaction is already rolled back')
    expect(await numbers(db)).toEqual([])
  })

  test('a savepoint takes back what came after it and nothing else', async () => {
    const { db } = await database()
    const trx = await db.startTransaction().execute()
    await add(trx, 1)
    const outer = await trx.savepoint('outer').execute()
    await add(outer, 2)
    const inner = await outer.savepoint('inner').execute()
    await add(inner, 3)
    await inner.rollbackToSavepoint('inner').execute()
    await add(inner, 4)
    await inner.releaseSavepoint('outer').execute()
    await trx.commit().execute()
    expect(await numbers(db)).toEqual([1, 2, 4])
  })

  test('a savepoint may have any name', async () => {
    const { db } = await database()
    for (const name of AWKWARD_NAMES) {
      const trx = await db.startTransaction().execute()
      const saved = await trx.savepoint(name).execute()
      await add(saved, 1)
      const before = await saved.rollbackToSavepoint(name).execute()
      await add(before, 2)
      await before.releaseSavepoint(name).execute()
      await trx.rollback().execute()
    }
    expect(await numbers(db)).toEqual([])
  })

  test('every isolation level is accepted', async () => {
    const { db } = await database()
    for (const [index, level] of ISOLATION_LEVELS.entries()) {
      await db
        .transaction()
        .setIsolationLevel(level)
        .execute((trx) => add(trx, index))
      const trx = await db.startTransaction().setIsolationLevel(level).execute()
      await trx.rollback().execute()
    }
    expect(await numbers(db)).toEqual([0, 1, 2, 3, 4])
  })

  test('a read-only transaction reads and refuses to write', async () => {
    const { db } = await database()
    await add(db, 1)
    const readOnly = db.transaction().setAccessMode('read only')
    expect(await readOnly.execute(numbers)).toEqual([1])
    const denied = { code: 'SQLITE_READONLY' }
    await expect(readOnly.execute((trx) => add(trx, 2))).rejects.toMatchObject(denied)
    await expect(readOnly.execute((trx) => sql`create table u (a)`.execute(trx))).rejects.toMatchObject(
      denied,
    )
    await expect(readOnly.execute((trx) => sql`delete from t`.execute(trx))).rejects.toMatchObject(denied)
    expect(await numbers(db)).toEqual([1])
  })

  test('a connection can write again after a read-only transaction, however that ended', async () => {
    const { db } = await database()
    const readOnly = db.transaction().setAccessMode('read only')
    await readOnly.execute(numbers)
    await add(db, 1)
    await readOnly
      .execute(() => Promise.reject(new Error('changed my mind')))
      .catch((reason: unknown) => reason)
    await add(db, 2)
    await readOnly.execute((trx) => add(trx, 0)).catch((reason: unknown) => reason)
    await add(db, 3)
    const committed = await db.startTransaction().setAccessMode('read only').execute()
    await committed.commit().execute()
    await add(db, 4)
    const rolledBack = await db.startTransaction().setAccessMode('read only').execute()
    await rolledBack.rollback().execute()
    await add(db, 5)
    await db.connection().execute(async (connection) => {
      await connection.transaction().setAccessMode('read only').execute(numbers)
      await add(connection, 6)
      await connection.transaction().execute((trx) => add(trx, 7))
    })
    expect(await numbers(db)).toEqual([1, 2, 3, 4, 5, 6, 7])
  })

  test('a read-write transaction may be asked for by name', async () => {
    const { db } = await database()
    await db
      .transaction()
      .setAccessMode('read write')
      .execute((trx) => add(trx, 1))
    expect(await numbers(db)).toEqual([1])
  })

  test('a transaction inside db.connection() runs on that connection', async () => {
    const { db } = await database()
    await db.connection().execute(async (connection) => {
      await connection.transaction().execute((trx) => sql`insert into t values (7), (8)`.execute(trx))
      const { rows } = await sql`select changes() as n`.execute(connection)
      expect(rows).toEqual([{ n: 2 }])
    })
  })

  test('a transaction that cannot begin inside db.connection() leaves what is open there as it was', async () => {
    const { db } = await database()
    await db.connection().execute(async (connection) => {
      await sql`begin`.execute(connection)
      await add(connection, 1)
      const inner = connection.transaction().execute((trx) => add(trx, 2))
      await expect(inner).rejects.toMatchObject({
        message: expect.stringContaining('within a transaction'),
      })
      await add(connection, 3)
      await sql`commit`.execute(connection)
    })
    expect(await numbers(db)).toEqual([1, 3])
  })
})

describe.each(PLACES_FOR_MANY)('%s', (place) => {
  test('transactions that read and then write, all started at once, lose no update', async () => {
    const { db, dialect } = open<DB>(place.config())
    await db.schema.createTable('t').addColumn('a', 'integer').execute()
    await add(db, 0)
    const increment = (): Promise<unknown> =>
      db.transaction().execute(async (trx) => {
        const { a } = await trx.selectFrom('t').select('a').executeTakeFirstOrThrow()
        await trx
          .updateTable('t')
          .set({ a: a + 1 })
          .execute()
      })
    await Promise.all(Array.from({ length: 20 }, increment))
    expect(await numbers(db)).toEqual([20])
    expect(dialect.pool.status().checkedOut).toBe(0)
  })
})

test('a read-only transaction goes on beside an open write transaction, and sees the state before it', async () => {
  const place = PLACES.find(({ kind, poolclass }) => !kind.includes('memory') && poolclass === 'QueuePool')!
  const { db } = open<DB>(place.config())
  await db.schema.createTable('t').addColumn('a', 'integer').execute()
  const writer = await db.startTransaction().execute()
  await add(writer, 1)
  expect(await db.transaction().setAccessMode('read only').execute(numbers)).toEqual([])
  await writer.commit().execute()
  expect(await numbers(db)).toEqual([1])
})

test('a read-only transaction leaves query_only on where the user had set it', async () => {
  const { db } = open<DB>(':memory:')
  await sql`pragma query_only = on`.execute(db)
  await db
    .transaction()
    .setAccessMode('read only')
    .execute((trx) => sql`select 1`.execute(trx))
  expect((await sql`pragma query_only`.execute(db)).rows).toEqual([{ query_only: 1 }])
})
