/** Transfers from one account to the other without a pause, until it is told to end. */
import { setTimeout as delay } from 'node:timers/promises'
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'
import { testedDriver } from '../../support/driver.ts'

const [, , url = ''] = process.argv
const db = new Kysely<any>({
  dialect: new PooledSqliteDialect({ url, driver: testedDriver, pragmas: { synchronous: 'off' } }),
})
const end = new AbortController()
process.stdin.once('data', () => {
  end.abort()
  process.stdin.destroy()
})

let transfers = 0
const failures: string[] = []
for (; !end.signal.aborted; transfers += 1) {
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  await db
    .transaction()
    .execute(async (trx) => {
      await sql`update account set balance = balance - 1 where id = 1`.execute(trx)
      await sql`update account set balance = balance + 1 where id = 2`.execute(trx)
    })
    .catch((error) => failures.push(String(error)))
  if (transfers === 0) console.log('begun')
  // oxlint-disable-next-line no-await-in-loop -- standard input is read then
  await delay(0)
}
await db.destroy()
console.log(JSON.stringify({ transfers, failures }))
