// Loads this package and prints what it left in the environment, and what a worker thread sees of shared memory.
import { PooledSqliteDialect } from '@poolclass/dialect'
import { CompiledQuery, Kysely } from 'kysely'
import { readdirSync } from 'node:fs'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

type Config = ConstructorParameters<typeof PooledSqliteDialect>[0]

if (isMainThread) {
  const config = JSON.parse(process.argv[2] ?? '""') as Config
  const db = new Kysely<unknown>({ dialect: new PooledSqliteDialect(config) })
  const mine = await db.executeQuery(CompiledQuery.raw('create table t as select 7 as x')).then(
    () => 'created',
    (error: Error & { code: string }) => error.code,
  )
  const worker = new Worker(new URL(import.meta.url), { workerData: config })
  const seen = await new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  await db.destroy()
  const env = process.env['SQLITE_USE_URI'] ?? null
  process.stdout.write(JSON.stringify({ mine, seen, files: readdirSync('.'), env }))
} else {
  const db = new Kysely<unknown>({ dialect: new PooledSqliteDialect(workerData as Config) })
  const seen = await db.executeQuery(CompiledQuery.raw('select x from t')).then(
    ({ rows }) => rows,
    (error: Error) => error.message,
  )
  await db.destroy()
  // oxlint-disable-next-line require-post-message-target-origin -- that is for windows
  parentPort?.postMessage(seen)
}
