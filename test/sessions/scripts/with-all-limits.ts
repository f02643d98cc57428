/** Uses a database with every limit on, prints what the process still has to do, and leaves the rest to Node.js. */
import { serverConfig, PooledSqliteDialect } from '@poolclass/dialect'
import { CompiledQuery, Kysely } from 'kysely'

const [url = '', threads = '0', end = 'destroy'] = process.argv.slice(2)
const dialect = new PooledSqliteDialect(
  serverConfig(url, {
    threads: Number(threads),
    leakDetectionThreshold: 600_000,
    transactionTimeout: 600_000,
    statementTimeout: 600_000,
  }),
)
const db = new Kysely<any>({ dialect })
await db.executeQuery(CompiledQuery.raw('create table t (a)'))
await db.transaction().execute((trx) => trx.executeQuery(CompiledQuery.raw('insert into t values (1)')))
const { rows } = await db.executeQuery(CompiledQuery.raw('select a from t'))
const { tables } = await dialect.check()
if (end === 'destroy') await db.destroy()
console.log(JSON.stringify({ rows, tables }))
