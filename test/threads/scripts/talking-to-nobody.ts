/** Has a thread print what nobody reads, and says on the other stream that it was answered. */
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { setTimeout as delay } from 'node:timers/promises'
import { run } from '../../support/statements.ts'
import { testedDriver } from '../../support/driver.ts'

const creator = new URL('talking-creator.ts', import.meta.url)
const db = new Kysely<any>({
  dialect: new PooledSqliteDialect({ url: ':memory:', driver: testedDriver, threads: 1, creator }),
})
await run(db, 'select 1 as x')
await delay(100)
for (let n = 0; n < 5; n += 1) await run(db, "select say('a', 300)")
console.error('answered')
await db.destroy()
