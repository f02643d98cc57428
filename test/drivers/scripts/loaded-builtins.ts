// Prints which modules of Node.js, and which packages in CommonJS, are loaded after a query in memory.
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'
import { createRequire } from 'node:module'

const db = new Kysely<unknown>({ dialect: new PooledSqliteDialect(':memory:') })
await sql`select 1`.execute(db)
await db.destroy()
const { moduleLoadList } = process as unknown as { moduleLoadList: readonly string[] }
const builtins = moduleLoadList.map((name) => name.replace(/^NativeModule /, ''))
const files = Object.keys(createRequire(import.meta.url).cache)
const packages = new Set(files.map((file) => /.*[\\/]node_modules[\\/]([^\\/]+)/.exec(file)?.[1]))
console.log(JSON.stringify({ builtins, packages: [...packages] }))
