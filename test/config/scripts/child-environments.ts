// Prints what SQLITE_USE_URI is in child processes that are started before and after the first query.
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'
import { execFileSync } from 'node:child_process'

function inChild(): unknown {
  const print = 'JSON.stringify(process.env.SQLITE_USE_URI ?? null)'
  return JSON.parse(execFileSync(process.execPath, ['--print', print], { encoding: 'utf8' }))
}

const db = new Kysely<unknown>({ dialect: new PooledSqliteDialect(':memory:') })
const before = inChild()
await sql`select 1`.execute(db)
const after = inChild()
await db.destroy()
process.stdout.write(JSON.stringify({ before, after }))
