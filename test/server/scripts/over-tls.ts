import { PooledSqliteDialect } from '@poolclass/dialect'
import { CompiledQuery, Kysely } from 'kysely'

/** Run as a process of its own, which trusts what its environment says: uses a server over TLS in every way, and tells what it has read. */
const [url = '', authToken = ''] = process.argv.slice(2)
const db = new Kysely<any>({ dialect: new PooledSqliteDialect({ url, connectArgs: { authToken } }) })
const run = async (sql: string): Promise<unknown[]> => (await db.executeQuery(CompiledQuery.raw(sql))).rows
await run('create table item (id integer primary key)')
await db.transaction().execute(async (trx) => {
  await trx.insertInto('item').values({ id: 1 }).execute()
  await trx.insertInto('item').values({ id: 2 }).execute()
})
const ids: number[] = []
for await (const { id } of db.selectFrom('item').select('id').stream(1)) ids.push(id)
for (let round = 0; round < 10; round += 1)
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  await Promise.all(Array.from({ length: 60 }, () => run('select count(*) as n from item')))
await db.destroy()
console.log(JSON.stringify(ids))
