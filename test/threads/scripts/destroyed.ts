/** Uses and destroys a database in three threads, and prints what the process has before, during and after that. */
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { onEachOf, run } from '../../support/statements.ts'
import { type Leftovers, leftovers, leftoversInTheEnd } from './leftovers.ts'
import { testedDriver } from '../../support/driver.ts'

let workers = 0
process.on('worker', (worker) => {
  workers += 1
  worker.once('exit', () => (workers -= 1))
})

interface Seen extends Leftovers {
  readonly workers: number
}

const seen = (): Seen => ({ ...leftovers(), workers })

async function use(): Promise<Seen> {
  const dialect = new PooledSqliteDialect({
    url: 'app.db',
    driver: testedDriver,
    poolclass: 'SingletonThreadPool',
    threads: 3,
  })
  const db = new Kysely<any>({ dialect })
  await onEachOf(db, 3, 'select 1')
  await Promise.all([
    run(db, 'select 1'),
    run(db, 'select 2').catch(() => {}),
    run(db, 'selec').catch(() => {}),
  ])
  const during = seen()
  await db.destroy()
  return during
}

await use()
const before = seen()
let during = before
for (let round = 0; round < 5; round += 1) during = await use()
process.stdout.write(
  JSON.stringify({ before, during, after: { ...(await leftoversInTheEnd(before)), workers } }),
)
