/**
 * Uses the package where SQLite says that it was compiled for one thread alone, on the main thread and in a worker;
 * prints what comes of each config.
 */
import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import BetterSqlite3, { type Database } from 'better-sqlite3'
import { Kysely } from 'kysely'
import { run } from '../../support/statements.ts'

const { pragma } = BetterSqlite3.prototype
BetterSqlite3.prototype.pragma = function asOfAnotherBuild(this: Database, source, options): unknown {
  if (source === 'compile_options') return [{ compile_options: 'THREADSAFE=0' }]
  return pragma.call(this, source, options)
}

const { PooledSqliteDialect, threadsafety } = await import('@poolclass/dialect')

async function outcomeOf(config: PooledSqliteDialectConfig): Promise<unknown> {
  try {
    const db = new Kysely<any>({ dialect: new PooledSqliteDialect(config) })
    const rows = await run(db, 'select 1 as x')
    await db.destroy()
    return rows
  } catch (error) {
    const { name, code, key, message } = error as Error & { code?: string; key?: string }
    return { name, code, key, message }
  }
}

const outcomes = {
  safety: threadsafety(new BetterSqlite3(':memory:')),
  plain: await outcomeOf({ url: ':memory:' }),
  file: await outcomeOf({ url: 'app.db', poolclass: 'QueuePool' }),
  threads: await outcomeOf({ url: 'app.db', threads: 1 }),
  checkSameThread: await outcomeOf({
    url: ':memory:',
    poolclass: 'StaticPool',
    connectArgs: { checkSameThread: false },
  }),
}

if (isMainThread) {
  const [worker] = await once(new Worker(new URL(import.meta.url)), 'message')
  process.stdout.write(JSON.stringify({ main: outcomes, worker }))
} else {
  parentPort?.postMessage(outcomes)
}
