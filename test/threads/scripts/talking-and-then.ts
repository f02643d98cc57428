/** Has a thread print three lines and go on with a function, whose call is the argument. */
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { failureOf } from '../../support/failure.ts'
import { run } from '../../support/statements.ts'
import { testedDriver } from '../../support/driver.ts'

const creator = new URL('talking-creator.ts', import.meta.url)
const db = new Kysely<any>({
  dialect: new PooledSqliteDialect({ url: ':memory:', driver: testedDriver, threads: 1, creator }),
})
await run(db, 'select 1 as x')
const { code } = await failureOf(run(db, `select say('a', 3), ${process.argv[2]}`))
console.log(`failed: ${code}`)
await db.destroy()
