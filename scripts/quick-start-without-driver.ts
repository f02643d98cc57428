/** What the README begins with, on `node:sqlite`. It is run where no package of a driver is installed. */
import assert from 'node:assert/strict'
import { PooledSqliteDialect } from '@poolclass/dialect'
import { type Generated, Kysely, sql } from 'kysely'

interface Database {
  city: { id: Generated<number>; name: string }
}

for (const threads of [0, 1]) {
  for (const url of [':memory:', 'file:cities?mode=memory&cache=shared', `cities-${threads}.db`]) {
    // oxlint-disable no-await-in-loop -- one after the other
    const db = new Kysely<Database>({
      dialect: new PooledSqliteDialect({ url, threads, driver: 'node:sqlite' }),
    })
    await sql`create table city (id integer primary key, name text)`.execute(db)
    await db.transaction().execute((trx) => trx.insertInto('city').values({ name: 'Atlantis' }).execute())
    assert.deepEqual(await db.selectFrom('city').selectAll().execute(), [{ id: 1, name: 'Atlantis' }])
    await db.destroy()
    // oxlint-enable no-await-in-loop
  }
}

const unnamed = new Kysely<Database>({ dialect: new PooledSqliteDialect(':memory:') })
await assert.rejects(
  unnamed.selectFrom('city').selectAll().execute(),
  /driver: 'node:sqlite', which needs no package/,
)
console.log('The quick start ran on node:sqlite, with no driver installed.')
