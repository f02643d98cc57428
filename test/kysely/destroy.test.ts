import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { PLACES } from '../support/places.ts'

describe.each(PLACES)('%s', (place) => {
  test('destroy may be called twice, and closes what was opened', async () => {
    const { db, dialect } = open(place.config())
    await sql`create table t (a)`.execute(db)
    await Promise.all([db.destroy(), db.destroy()])
    await db.destroy()
    const { opened, closed } = dialect.pool.status()
    expect(closed).toBe(opened)
  })

  test('destroy without any use opens nothing', async () => {
    const { db, dialect } = open(place.config())
    await db.destroy()
    expect(dialect.pool.status().opened).toBe(0)
  })

  test('use after destroy is an error', async () => {
    const { db } = open(place.config())
    await sql`select 1`.execute(db)
    await db.destroy()
    await expect(sql`select 1`.execute(db)).rejects.toThrow('driver has already been destroyed')
    await expect(db.transaction().execute(async () => {})).rejects.toThrow('already been destroyed')
  })

  test('destroy with an open transaction leaves the transaction to its end, and then closes its connection', async () => {
    const { db, dialect } = open(place.config())
    await sql`create table t (a)`.execute(db)
    const trx = await db.startTransaction().execute()
    await sql`insert into t values (1)`.execute(trx)
    await db.destroy()
    expect((await sql`select a from t`.execute(trx)).rows).toEqual([{ a: 1 }])
    await trx.commit().execute()
    await expect
      .poll(() => {
        const { opened, closed, checkedOut } = dialect.pool.status()
        return [checkedOut, opened - closed]
      })
      .toEqual([0, 0])
  })

  test('await using destroys', async () => {
    const dialect = new PooledSqliteDialect(place.config())
    {
      await using db = new Kysely<any>({ dialect })
      await sql`select 1`.execute(db)
    }
    const { opened, closed } = dialect.pool.status()
    expect([opened > 0, closed]).toEqual([true, opened])
  })
})
