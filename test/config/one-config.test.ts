import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { join } from 'node:path'
import { open } from '../support/open.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const config = { poolclass: 'QueuePool', poolSize: 3, pragmas: { journal_mode: 'wal' } } as const

describe('one config serves tests in memory and production:', () => {
  test.each([
    ['shared memory', () => 'file:one-config?mode=memory&cache=shared'],
    ['a file', () => join(temporaryDirectory(), 'app.db')],
  ])('QueuePool with its options on %s', async (_, newUrl) => {
    const { db, dialect } = open<{ t: { a: number } }>({ url: newUrl(), ...config })
    await sql`create table t (a)`.execute(db)
    await Promise.all([1, 2, 3].map((a) => db.insertInto('t').values({ a }).execute()))
    const count = (): Promise<unknown> =>
      db.connection().execute((own) => sql`select count(*) as n from t`.execute(own))
    expect(await Promise.all([count(), count()])).toMatchObject([{ rows: [{ n: 3 }] }, { rows: [{ n: 3 }] }])
    expect(dialect.pool.status()).toMatchObject({ poolclass: 'QueuePool', size: 3 })
  })

  test('the shared memory is empty again when its last dialect was destroyed', async () => {
    for (let n = 0; n < 2; n += 1) {
      const { db } = open({ url: 'file:one-config-again?mode=memory&cache=shared', ...config })
      expect(await db.introspection.getTables()).toEqual([])
      await sql`create table t (a)`.execute(db)
      await db.destroy()
    }
  })
})
