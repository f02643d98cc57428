// Prints which modules of Node.js are loaded after a query in memory.
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'

const db = new Kysely<unknown>({ dialect: new PooledSqliteDialect(':memory:') })
await sql`select 1`.execute(db)
await db.destroy()
const { moduleLoadList } = process as unknown as { moduleLoadList: readonly string[] }
process.stdout.write(JSON.stringify(moduleLoadList.map((name) => name.replace(/^NativeModule /, ''))))
