// Somebody else opens a better-sqlite3 database before this package is loaded; prints what comes of shared memory.
import BetterSqlite3 from 'better-sqlite3'
import { CompiledQuery, Kysely } from 'kysely'
import { readdirSync } from 'node:fs'

new BetterSqlite3(':memory:').close()
const { DialectError, PooledSqliteDialect } = await import('@poolclass/dialect')

const outcomes: Record<string, unknown> = {}
for (const url of process.argv.slice(2)) {
  const db = new Kysely<unknown>({ dialect: new PooledSqliteDialect(url) })
  outcomes[url] = await db.executeQuery(CompiledQuery.raw('select 1 as one')).then(
    ({ rows }) => rows,
    (error: Error & { code: string }) => ({
      ours: error instanceof DialectError,
      code: error.code,
      message: error.message,
    }),
  )
  await db.destroy()
}
process.stdout.write(
  JSON.stringify({ outcomes, files: readdirSync('.'), env: process.env['SQLITE_USE_URI'] ?? null }),
)
