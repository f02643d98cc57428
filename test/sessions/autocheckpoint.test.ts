import { type Kysely, sql } from 'kysely'
import { expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { PLACES } from '../support/places.ts'

/** After how many pages a commit makes a checkpoint. */
async function autocheckpoint(db: Kysely<any>): Promise<unknown> {
  const { rows } = await sql<object>`pragma wal_autocheckpoint`.execute(db)
  return Object.values(rows[0]!)[0]
}

const FILES = PLACES.filter(({ kind }) => kind === 'file')
const PAGES = (16 * 1024 ** 2) / 4096

test.each(FILES)(
  '%s: wal_autocheckpoint is that of the limit, whatever the connection has run before',
  async (place) => {
    const { db } = open<any>(place.config({ walLimit: '8MB' }))
    expect(await autocheckpoint(db)).toBe(PAGES)
    await sql`create table t (a)`.execute(db)
    await db.connection().execute(async (connection) => {
      await sql`select * from t`.execute(connection)
      expect(await autocheckpoint(connection)).toBe(PAGES)
    })
    await db.transaction().execute(async (transaction) => {
      await sql`select * from t`.execute(transaction)
      await sql`insert into t values (1)`.execute(transaction)
      expect(await autocheckpoint(transaction)).toBe(PAGES)
    })
    const explained = await sql<object>`explain pragma wal_autocheckpoint`.execute(db)
    expect(explained.rows.length).toBeGreaterThan(0)
  },
)

test.each(FILES)('%s: a wal_autocheckpoint of the user’s stays behind the first write', async (place) => {
  const { db } = open<any>(place.config({ walLimit: '8MB' }))
  await sql`pragma wal_autocheckpoint = 77`.execute(db)
  await sql`create table t (a)`.execute(db)
  expect(await autocheckpoint(db)).toBe(77)
})
