/** Leaves a stream that was read in part, on pools of each class, and prints what the pool knows and warns of after a garbage collection. */
import { PooledSqliteDialect, type PoolClassName } from '@poolclass/dialect'
import { CompiledQuery, Kysely } from 'kysely'
import { setTimeout as delay } from 'node:timers/promises'
import { testedDriver } from '../../support/driver.ts'

const [url = ''] = process.argv.slice(2)
const CLASSES: readonly PoolClassName[] = [
  'SingletonThreadPool',
  'StaticPool',
  'NullPool',
  'QueuePool',
  'GenericPool',
]

let warnings: string[] = []
process.on('warning', ({ message }) => warnings.push(message))

async function theForgetful(db: Kysely<any>): Promise<void> {
  const rows = db.selectFrom('t').selectAll().stream(1)
  await rows.next()
}

/** Garbage collections, until the finalizers have run. */
async function collect(isDone: () => boolean): Promise<void> {
  for (let times = 0; times < 50 && !isDone(); times += 1) {
    globalThis.gc!()
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await delay(5)
  }
}

async function forget(poolclass: PoolClassName): Promise<unknown> {
  warnings = []
  const dialect = new PooledSqliteDialect({ url, driver: testedDriver, poolclass })
  const db = new Kysely<any>({ dialect })
  await db.executeQuery(CompiledQuery.raw('create table if not exists t (id integer primary key)'))
  await db.executeQuery(CompiledQuery.raw('insert into t values (null), (null)'))
  // In a context that ends, as that of a request does.
  await new Promise<void>((resolve) => setTimeout(() => void theForgetful(db).then(resolve), 0))
  const checkedOut = [dialect.pool.status().checkedOut]
  await collect(() => warnings.length > 0)
  checkedOut.push(dialect.pool.status().checkedOut)
  await db.destroy()
  return { checkedOut, warnings }
}

const forgotten: Record<string, unknown> = {}
// oxlint-disable-next-line no-await-in-loop -- one after the other
for (const poolclass of CLASSES) forgotten[poolclass] = await forget(poolclass)
console.log(JSON.stringify(forgotten))
