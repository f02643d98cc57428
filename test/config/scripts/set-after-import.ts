// The user sets SQLITE_USE_URI between the import of this package and the first query; prints what it then is.
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'
import { readdirSync } from 'node:fs'

process.env['SQLITE_USE_URI'] = process.argv[2]
const db = new Kysely<unknown>({ dialect: new PooledSqliteDialect('file:x?mode=memory&cache=shared') })
const code = await sql`select 1`.execute(db).then(
  () => 'opened',
  (error: Error & { code: string }) => error.code,
)
await db.destroy()
process.stdout.write(
  JSON.stringify({ code, env: process.env['SQLITE_USE_URI'] ?? null, files: readdirSync('.') }),
)
