import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'

/** Opens shared memory with each of the drivers, here and in a thread, and prints what the one reads that the other has written. */
const read: Record<string, unknown> = {}
const libraries = new Set<unknown>()
for (const driver of process.argv.slice(2)) {
  const url = 'file:two?mode=memory&cache=shared'
  const here = new Kysely<any>({ dialect: new PooledSqliteDialect({ url, driver }) })
  const there = new Kysely<any>({ dialect: new PooledSqliteDialect({ url, driver, threads: 1 }) })
  await sql`create table t as select 1 as a`.execute(here)
  read[driver] = (await sql`select a from t`.execute(there)).rows
  const { rows } = await sql<{ id: string }>`select sqlite_source_id() as id`.execute(there)
  libraries.add(rows[0]?.id)
  await Promise.all([here.destroy(), there.destroy()])
}
const environment = process.env['SQLITE_USE_URI'] ?? null
console.log(JSON.stringify({ ...read, environment, libraries: libraries.size }))
