import { type Generated, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { LibsqlServer, hasServer } from '../support/libsql-server.ts'
import { failureOf } from '../support/failure.ts'
import { openServer } from '../support/open-server.ts'

interface Tables {
  person: { id: Generated<number>; name: string; age: number | null }
}

const PERSON = sql`create table person (id integer primary key, name text not null unique, age integer check (age > 0))`

describe.runIf(hasServer)('a libSQL server', () => {
  test('answers with what Kysely expects of an insert, an update, a select and returning', async () => {
    const { url } = await LibsqlServer.start()
    const { db } = openServer<Tables>(url)
    await PERSON.execute(db)
    const inserted = await db.insertInto('person').values({ name: 'Ada', age: 36 }).executeTakeFirst()
    expect(inserted).toMatchObject({ insertId: 1n, numInsertedOrUpdatedRows: 1n })
    const updated = await db.updateTable('person').set({ age: 37 }).where('id', '=', 1).executeTakeFirst()
    expect(updated.numUpdatedRows).toBe(1n)
    const returned = await db.insertInto('person').values({ name: 'Bob', age: null }).returningAll().execute()
    expect(returned).toEqual([{ id: 2, name: 'Bob', age: null }])
    expect(await db.selectFrom('person').selectAll().orderBy('id').execute()).toEqual([
      { id: 1, name: 'Ada', age: 37 },
      { id: 2, name: 'Bob', age: null },
    ])
    expect((await db.deleteFrom('person').executeTakeFirst()).numDeletedRows).toBe(2n)
  })

  test('keeps every digit of an integer, every byte of a blob, and texts with NUL and emoji', async () => {
    const { url } = await LibsqlServer.start()
    const { db } = openServer(url, { connectArgs: { safeIntegers: true } })
    const blob = Uint8Array.from({ length: 256 }, (_, i) => i)
    for (const value of [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, 'a\0b 😀', 1.5, 1e300, null]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect((await sql<{ value: unknown }>`select ${value} as value`.execute(db)).rows).toEqual([{ value }])
    }
    const { rows } = await sql<{ value: Buffer }>`select ${blob} as value`.execute(db)
    expect(rows[0]!.value).toEqual(Buffer.from(blob))
  })

  test('tells of an integer that a number cannot hold how to have it', async () => {
    const { url } = await LibsqlServer.start()
    const { db } = openServer(url)
    const error = await failureOf(sql`select ${2n ** 53n + 1n} as value`.execute(db))
    expect(error.message).toMatch(/9007199254740993.*connectArgs\.safeIntegers/)
  })

  test('fails with the codes and texts of SQLite', async () => {
    const { url } = await LibsqlServer.start()
    const { db } = openServer<Tables>(url)
    await PERSON.execute(db)
    await db.insertInto('person').values({ name: 'Ada', age: 36 }).execute()
    const cases = [
      [
        sql`insert into person (name) values ('Ada')`,
        'SQLITE_CONSTRAINT_UNIQUE',
        'UNIQUE constraint failed: person.name',
      ],
      [
        sql`insert into person (name) values (null)`,
        'SQLITE_CONSTRAINT_NOTNULL',
        'NOT NULL constraint failed: person.name',
      ],
      [
        sql`insert into person (name, age) values ('x', 0)`,
        'SQLITE_CONSTRAINT_CHECK',
        'CHECK constraint failed: age > 0',
      ],
      [sql`select * from nobody`, 'SQLITE_ERROR', 'no such table: nobody'],
      [sql`create table person (a)`, 'SQLITE_ERROR', 'table person already exists'],
      [sql`selec 1`, 'SQLITE_ERROR', 'near "selec": syntax error'],
      [sql`vacuum`, 'SQLITE_ERROR', expect.stringContaining('does this itself')],
      [sql`attach 'x.db' as x`, 'SQLITE_ERROR', expect.stringContaining('cannot attach a database')],
    ] as const
    for (const [statement, code, message] of cases) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await failureOf(statement.execute(db))).toMatchObject({ name: 'SqliteError', code, message })
    }
  })

  test('commits and rolls back transactions, and goes back to savepoints', async () => {
    const { url } = await LibsqlServer.start()
    const { db } = openServer<Tables>(url)
    await PERSON.execute(db)
    await db.transaction().execute(async (trx) => {
      await trx.insertInto('person').values({ name: 'Ada', age: 1 }).execute()
      await trx.insertInto('person').values({ name: 'Bob', age: 2 }).execute()
    })
    const rolledBack = db.transaction().execute(async (trx) => {
      await trx.deleteFrom('person').execute()
      throw new Error('no')
    })
    await expect(rolledBack).rejects.toThrow('no')
    const trx = await db.startTransaction().execute()
    await trx.insertInto('person').values({ name: 'Cid', age: 3 }).execute()
    const inner = await trx.savepoint('inner').execute()
    await inner.insertInto('person').values({ name: 'Dan', age: 4 }).execute()
    await inner.rollbackToSavepoint('inner').execute()
    await trx.commit().execute()
    const names = await db.selectFrom('person').select('name').orderBy('id').execute()
    expect(names.map(({ name }) => name)).toEqual(['Ada', 'Bob', 'Cid'])
  })

  test('refuses to write in a transaction that only reads', async () => {
    const { url } = await LibsqlServer.start()
    const { db } = openServer<Tables>(url)
    await PERSON.execute(db)
    const transaction = db
      .transaction()
      .setAccessMode('read only')
      .execute(async (trx) => {
        expect(await trx.selectFrom('person').selectAll().execute()).toEqual([])
        await trx.insertInto('person').values({ name: 'Ada', age: 1 }).execute()
      })
    expect(await failureOf(transaction)).toMatchObject({ code: 'SQLITE_READONLY' })
    await db.insertInto('person').values({ name: 'Ada', age: 1 }).execute()
  })
})
