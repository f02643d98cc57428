/** Has a hundred worker threads die one after the other, and prints what the process has before and after. */
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { failureOf } from '../../support/failure.ts'
import { run } from '../../support/statements.ts'
import { leftovers, leftoversInTheEnd } from './leftovers.ts'
import { testedDriver } from '../../support/driver.ts'

const creator = new URL('creator.ts', import.meta.url)
const db = new Kysely<any>({
  dialect: new PooledSqliteDialect({ url: ':memory:', driver: testedDriver, threads: 1, creator }),
})

async function die(): Promise<void> {
  await failureOf(run(db, 'select exit_thread()'))
}

await die()
await run(db, 'select 1')
const before = leftovers()
for (let death = 0; death < 100; death += 1) await die()
await run(db, 'select 1')
process.stdout.write(JSON.stringify({ before, after: await leftoversInTheEnd(before) }))
