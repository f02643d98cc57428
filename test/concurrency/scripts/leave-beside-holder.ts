/**
 * Aborts waits while a transaction that never ends keeps the write lock, or the only connection, and has nothing left to
 * do. Arguments: the config in JSON, and `read` or `write`, what waits.
 */
import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'

const [config = '', what = ''] = process.argv.slice(2)
const dialect = new PooledSqliteDialect(JSON.parse(config) as PooledSqliteDialectConfig)
const db = new Kysely<unknown>({ dialect })

await sql`create table t (a)`.execute(db)
await db.startTransaction().execute()
const controller = new AbortController()
const { signal } = controller
const statement = what === 'read' ? sql`select * from t` : sql`insert into t values (1)`
const waiting = [1, 2, 3].map(() => statement.execute(db, { signal }).catch(() => {}))
setTimeout(() => controller.abort(), 20)
await Promise.all(waiting)
console.log('aborted')
