/** Runs so many SQL texts that never come again through one thread, and prints by how many bytes the process has grown in their second half. */
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { run } from '../../support/statements.ts'
import { testedDriver } from '../../support/driver.ts'

const texts = Number(process.argv[2])
const db = new Kysely<any>({
  dialect: new PooledSqliteDialect({ url: ':memory:', driver: testedDriver, threads: 1 }),
})
let half = 0
for (let n = 1; n <= texts; n += 1) {
  await run(db, `select ${n} as n`)
  if (n === texts / 2) half = process.memoryUsage().rss
}
process.stdout.write(JSON.stringify({ growth: process.memoryUsage().rss - half }))
await db.destroy()
