/**
 * Opens shared memory on the main thread and in a worker, where this package is not the first to load better-sqlite3's
 * addon, or not on the main thread; prints what comes of it. Arguments: who is first, the configs in JSON.
 */
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import BetterSqlite3 from 'better-sqlite3'
import { Kysely } from 'kysely'
import type { Config } from './tasks.ts'
import { run } from '../../support/statements.ts'

const [first = '', configs = '[]'] = isMainThread ? process.argv.slice(2) : (workerData as string[])

/** Kept, because a dialect that is collected as garbage closes its database. */
const databases: Kysely<any>[] = []

/** What comes of a statement on each config, whose databases stay open. */
async function outcomesOf(sql: string): Promise<unknown[]> {
  const { PooledSqliteDialect, UriSupportError } = await import('@poolclass/dialect')
  return Promise.all(
    (JSON.parse(configs) as Config[]).map((config) => {
      const db = new Kysely<any>({ dialect: new PooledSqliteDialect(config) })
      databases.push(db)
      return run(db, sql).catch((error: Error & { code: string }) => ({
        isUriSupportError: error instanceof UriSupportError,
        code: error.code,
        message: error.message,
      }))
    }),
  )
}

const write = 'create table t as select 7 as x'
const read = 'select x from t'

async function outcomesInWorker(): Promise<unknown> {
  const worker = new Worker(new URL(import.meta.url), { workerData: [first, configs] })
  worker.unref()
  const [outcomes] = await once(worker, 'message')
  return outcomes
}

if (!isMainThread) {
  const outcomes = await outcomesOf(first === 'main' ? read : write)
  parentPort?.postMessage(outcomes)
  parentPort?.on('message', () => {})
} else if (first === 'main') {
  new BetterSqlite3(':memory:').close()
  const main = await outcomesOf(write)
  const worker = await outcomesInWorker()
  process.stdout.write(JSON.stringify({ main, worker, files: readdirSync('.') }))
} else {
  const worker = await outcomesInWorker()
  const main = await outcomesOf(read)
  process.stdout.write(JSON.stringify({ main, worker, files: readdirSync('.') }))
}
