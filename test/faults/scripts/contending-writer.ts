/**
 * Increments counters through several pools by statements and transactions that chance chooses, until its time is over.
 * Prints a line for each increment that is acknowledged, and the errors at last. Arguments: the configs in JSON, the seed,
 * the time in milliseconds.
 */
import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { setTimeout as delay } from 'node:timers/promises'
import { type Chance, chanceOf } from '../../support/chance.ts'
import { type Executor, outcomeOf, run } from '../../support/statements.ts'

const TASKS_PER_POOL = 2
const COUNTERS = 3

const [configs = '', seed = '0', time = '0'] = process.argv.slice(2)
const errors: string[] = []

async function increment(db: Executor, id: number): Promise<void> {
  await run(db, 'update counter set value = value + 1 where id = ?', id)
}

const WRITES: readonly ((db: Kysely<any>, id: number) => Promise<unknown>)[] = [
  increment,
  (db, id) => run(db, 'update counter set value = value + 1 where id = ? returning value', id),
  (db, id) => db.connection().execute((connection) => increment(connection, id)),
  (db, id) => db.transaction().execute((trx) => increment(trx, id)),
  (db, id) =>
    db.transaction().execute(async (trx) => {
      await outcomeOf(trx, 'select * from nowhere')
      await delay(1)
      await increment(trx, id)
    }),
]

async function writeUntil(end: number, db: Kysely<any>, chance: Chance): Promise<void> {
  while (performance.now() < end) {
    // oxlint-disable no-await-in-loop -- one after the other
    try {
      await WRITES[chance(WRITES.length)]!(db, 1 + chance(COUNTERS))
      process.stdout.write('done\n')
    } catch (error) {
      errors.push(String(error))
    }
    await delay(chance(10))
    // oxlint-enable no-await-in-loop
  }
}

const dbs = (JSON.parse(configs) as PooledSqliteDialectConfig[]).map(
  (config) => new Kysely<any>({ dialect: new PooledSqliteDialect(config) }),
)
const end = performance.now() + Number(time)
await Promise.all(
  dbs.flatMap((db, pool) =>
    Array.from({ length: TASKS_PER_POOL }, (_, task) =>
      writeUntil(end, db, chanceOf(Number(seed) * 100 + pool * 10 + task)),
    ),
  ),
)
await Promise.all(dbs.map((db) => db.destroy()))
console.log(JSON.stringify(errors))
