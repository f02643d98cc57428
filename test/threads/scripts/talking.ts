/** Has a thread print things, and prints when it was answered. */
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { run } from '../../support/statements.ts'
import { testedDriver } from '../../support/driver.ts'

const creator = new URL('talking-creator.ts', import.meta.url)
const db = new Kysely<any>({
  dialect: new PooledSqliteDialect({ url: ':memory:', driver: testedDriver, threads: 1, creator }),
})
await run(db, 'select 1 as x')
console.log('answered: select 1')
await run(db, "select say('a', 3)")
console.log('answered: say a')
await db
  .connection()
  .execute((connection) =>
    Promise.all([run(connection, "select say('b', 2)"), run(connection, "select say('c', 2)")]),
  )
console.log('answered: say b and c')
await run(db, "select warn('shown')")
await db.destroy()
console.log('destroyed')
