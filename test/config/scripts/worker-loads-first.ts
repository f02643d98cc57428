// Only a worker thread loads this package, so nobody could switch the URI file names on.
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url))
  worker.once('message', (message) => process.stdout.write(JSON.stringify(message)))
} else {
  const { PooledSqliteDialect } = await import('@poolclass/dialect')
  const { CompiledQuery, Kysely } = await import('kysely')
  const { readdirSync } = await import('node:fs')
  const db = new Kysely<unknown>({ dialect: new PooledSqliteDialect('file:x?mode=memory&cache=shared') })
  const outcome = await db.executeQuery(CompiledQuery.raw('select 1 as one')).then(
    ({ rows }) => ({ rows }),
    (error: Error & { code: string }) => ({ code: error.code, message: error.message }),
  )
  await db.destroy()
  // oxlint-disable-next-line require-post-message-target-origin -- that is for windows
  parentPort?.postMessage({ ...outcome, files: readdirSync('.') })
}
