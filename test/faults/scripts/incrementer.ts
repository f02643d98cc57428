/**
 * Increments counters through several pools, from when it is told to until its time is over, and prints how often, and
 * the errors. Arguments: the configs in JSON, the number of counters, the time in milliseconds.
 */
import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { run } from '../../support/statements.ts'

const AT_ONCE_PER_POOL = 3

const [configs = '', counters = '', time = ''] = process.argv.slice(2)
const dbs = (JSON.parse(configs) as PooledSqliteDialectConfig[]).map(
  (config) => new Kysely<any>({ dialect: new PooledSqliteDialect(config) }),
)
const errors: string[] = []
let done = 0
let longest = 0

async function increment(db: Kysely<any>): Promise<void> {
  const id = 1 + (done % Number(counters))
  await db.transaction().execute(async (trx) => {
    const [{ value }] = await run(trx, 'select value from counter where id = ?', id)
    await turn()
    await run(trx, 'update counter set value = ? where id = ?', value + 1, id)
  })
  done += 1
}

async function incrementUntil(end: number, db: Kysely<any>): Promise<void> {
  for (let start = performance.now(); start < end; start = performance.now()) {
    try {
      await increment(db)
    } catch (error) {
      errors.push(String(error))
    }
    longest = Math.max(longest, performance.now() - start)
    await turn()
  }
}

process.stdout.write('loaded\n')
await once(process.stdin, 'data')
const end = performance.now() + Number(time)
await Promise.all(
  dbs.flatMap((db) => Array.from({ length: AT_ONCE_PER_POOL }, () => incrementUntil(end, db))),
)
await Promise.all(dbs.map((db) => db.destroy()))
process.stdout.write(`${JSON.stringify({ done, longest, errors })}\n`)
process.stdin.destroy()
