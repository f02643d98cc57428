/** Reads five million rows from a thread, and prints how many came, and by how much the memory of the process grew. */
import { PooledSqliteDialect } from '@poolclass/dialect'
import { CompiledQuery, Kysely } from 'kysely'
import { run } from '../../support/statements.ts'

const db = new Kysely<any>({ dialect: new PooledSqliteDialect({ url: ':memory:', threads: 1 }) })
await run(db, 'select 1')
const text = 'with recursive c(i) as (select 1 union all select i + 1 from c limit 5000000) select i from c'
const before = process.memoryUsage().rss
let [count, most] = [0, before]
for await (const { rows } of db.getExecutor().stream(CompiledQuery.raw(text), 1000)) {
  count += rows.length
  if (count % 100_000 === 0) most = Math.max(most, process.memoryUsage().rss)
}
process.stdout.write(JSON.stringify({ count, growth: most - before }))
