/** Keeps one row of each of many results that come from a thread, and prints how many, and how much more memory is used by then. */
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { testedDriver } from '../../support/driver.ts'
import { run } from '../../support/statements.ts'

const db = new Kysely<any>({
  dialect: new PooledSqliteDialect({ url: ':memory:', driver: testedDriver, threads: 1 }),
})
const text = `with recursive c(i) as (select 1 union all select i + 1 from c limit 1000)
  select i, 'a text of about a hundred units, which is no part of the ones before and behind it, is number ' || i as text from c`
const kept: object[] = []

await run(db, text)
globalThis.gc?.()
const before = process.memoryUsage().heapUsed
while (kept.length < 2000) {
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  const rows = await run(db, text)
  kept.push(rows[kept.length % rows.length]!)
}
globalThis.gc?.()
process.stdout.write(JSON.stringify({ kept: kept.length, growth: process.memoryUsage().heapUsed - before }))
await db.destroy()
