/**
 * Writes one transaction after the other until it is told to stop, and acknowledges each with its number once it is
 * committed. Argument: the config in JSON.
 */
import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { writeSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { run } from '../../support/statements.ts'

const [config = ''] = process.argv.slice(2)
const db = new Kysely<any>({
  dialect: new PooledSqliteDialect(JSON.parse(config) as PooledSqliteDialectConfig),
})
const stopping = new AbortController()
process.stdin.once('data', () => stopping.abort())

writeSync(1, 'loaded\n')
let [{ number }] = await run(db, 'select max(number) as number from state')
while (!stopping.signal.aborted) {
  number += 1
  await db.transaction().execute(async (trx) => {
    await run(trx, 'insert into log values (?, 1)', number)
    await run(trx, 'update state set number = ?', number)
    await run(trx, 'insert into log values (?, 2), (?, 3)', number, number)
  })
  writeSync(1, `${number}\n`)
  await turn()
}
await db.destroy()
writeSync(1, `${number}\n`)
process.stdin.destroy()
