/** Aborts a wait for the write lock, ends everything, and has nothing left to do. Argument: the file. */
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'
import { testedDriver } from '../../support/driver.ts'

const [url = ''] = process.argv.slice(2)
const dialect = new PooledSqliteDialect({
  url,
  driver: testedDriver,
  poolclass: 'NullPool',
  connectArgs: { timeout: 60_000 },
})
const db = new Kysely<unknown>({ dialect })

await sql`create table t (a)`.execute(db)
await db.transaction().execute(async () => {
  // Another asynchronous context than the transaction's makes no difference here: the wait is what counts.
  const controller = new AbortController()
  const waiting = sql`insert into t values (1)`.execute(db, { signal: controller.signal })
  setTimeout(() => controller.abort(), 20)
  await waiting.catch(() => {})
})
await db.destroy()
console.log('done')
