import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { parentPort, workerData } from 'node:worker_threads'
import type { Tables } from '../tables.ts'
import { findPeople } from '../people.ts'

/** What to open, and whether to read in one transaction, which takes the database's lock once instead of for each read. */
export interface MemoryReaderOptions {
  readonly url: string
  readonly inTransaction: boolean
}

/** How many people to read, or that there is no more to do. */
export type MemoryReaderRequest = number | 'close'

const port = parentPort!
const { url, inTransaction } = workerData as MemoryReaderOptions
const db = new Kysely<Tables>({ dialect: new PooledSqliteDialect(url) })

/** A user's own thread with a dialect of its own. */
port.on('message', async (request: MemoryReaderRequest) => {
  if (request === 'close') {
    await db.destroy()
    port.close()
    return
  }
  if (inTransaction) {
    const transaction = db.transaction().setAccessMode('read only')
    await transaction.execute((trx) => findPeople(trx, request))
  } else await findPeople(db, request)
  port.postMessage('done')
})
