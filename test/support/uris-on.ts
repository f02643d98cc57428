import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'

// For files that share a process: some open a database without the package, which would leave SQLite's URI file names
// off for the process. The first query puts the environment back, which child processes inherit.
const db = new Kysely<any>({ dialect: new PooledSqliteDialect({ url: ':memory:' }) })
await sql`select 1`.execute(db)
await db.destroy()
