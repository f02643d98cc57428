/** Reads five million rows from a thread, and prints how many came, and what more memory the second half of them took. */
import { PooledSqliteDialect } from '@poolclass/dialect'
import { CompiledQuery, Kysely } from 'kysely'
import { run } from '../../support/statements.ts'
import { testedDriver } from '../../support/driver.ts'

const db = new Kysely<any>({
  dialect: new PooledSqliteDialect({ url: ':memory:', driver: testedDriver, threads: 1 }),
})
await run(db, 'select 1')
const text = 'with recursive c(i) as (select 1 union all select i + 1 from c limit 5000000) select i from c'
const most = { firstHalf: 0, secondHalf: 0 }
let count = 0
for await (const { rows } of db.getExecutor().stream(CompiledQuery.raw(text), 1000)) {
  count += rows.length
  if (count % 250_000 !== 0) continue
  globalThis.gc?.()
  const half = count <= 2_500_000 ? 'firstHalf' : 'secondHalf'
  most[half] = Math.max(most[half], process.memoryUsage().rss)
}
process.stdout.write(JSON.stringify({ count, growth: most.secondHalf - most.firstHalf }))
