/** Reads the counter, and prints it or why it was refused. Argument: the config in JSON. */
import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { run } from '../../support/statements.ts'

const [config = ''] = process.argv.slice(2)
const db = new Kysely<any>({
  dialect: new PooledSqliteDialect(JSON.parse(config) as PooledSqliteDialectConfig),
})
const read = await run(db, 'select value from counter').catch(({ code, message }: any) => ({ code, message }))
console.log(JSON.stringify(read))
await db.destroy()
