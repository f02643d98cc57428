// The main thread imports this package, and a worker opens the first database; prints what two dialects of it share.
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

const open = (): Kysely<unknown> =>
  new Kysely({ dialect: new PooledSqliteDialect('file:x?mode=memory&cache=shared') })

if (isMainThread) {
  const [rows] = await once(new Worker(new URL(import.meta.url)), 'message')
  const db = open()
  await sql`select 1`.execute(db)
  await db.destroy()
  const env = process.env['SQLITE_USE_URI'] ?? null
  process.stdout.write(JSON.stringify({ rows, files: readdirSync('.'), env }))
} else {
  const [one, other] = [open(), open()]
  await sql`create table t as select 7 as x`.execute(one)
  const { rows } = await sql`select x from t`.execute(other)
  await Promise.all([one.destroy(), other.destroy()])
  parentPort?.postMessage(rows)
}
