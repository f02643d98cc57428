/**
 * Sends bulk inserts of ever other lengths, and prints how many of their prepared statements are still there after a
 * garbage collection. Arguments: the config in JSON, the number of inserts.
 */
import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import BetterSqlite3 from 'better-sqlite3'
import { Kysely } from 'kysely'
import { setTimeout as delay } from 'node:timers/promises'
import { run } from '../../support/statements.ts'

const LEAST_ROWS = 15_000

const [config = '', inserts = '0'] = process.argv.slice(2)
const statements: WeakRef<object>[] = []
const { prepare } = BetterSqlite3.prototype
BetterSqlite3.prototype.prepare = function (this: BetterSqlite3.Database, sql: string) {
  const statement = prepare.call(this, sql)
  if (sql.length > LEAST_ROWS) statements.push(new WeakRef(statement))
  return statement
} as typeof prepare

const db = new Kysely<any>({
  dialect: new PooledSqliteDialect(JSON.parse(config) as PooledSqliteDialectConfig),
})
await run(db, 'create table t (a)')
for (let rows = LEAST_ROWS; rows < LEAST_ROWS + Number(inserts); rows += 1) {
  const values = Array.from({ length: rows }, () => '(?)').join(',')
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  await run(db, `insert into t (a) values ${values}`, ...Array.from({ length: rows }, () => null))
}
for (let round = 0; round < 5; round += 1) {
  globalThis.gc?.()
  // oxlint-disable-next-line no-await-in-loop -- what was collected is freed when the event loop turns
  await delay(20)
}
const kept = statements.filter((statement) => statement.deref() !== undefined).length
await db.destroy()
console.log(JSON.stringify({ prepared: statements.length, kept }))
