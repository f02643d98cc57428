import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { parentPort, workerData } from 'node:worker_threads'
import type { Tables } from '../dialects.ts'
import { findPeople } from '../people.ts'

/** How many people to read, or that there is no more to do. */
export type MemoryReaderRequest = number | 'close'

const port = parentPort!
const db = new Kysely<Tables>({ dialect: new PooledSqliteDialect(workerData as string) })

/** A user's own thread with a dialect of its own. */
port.on('message', async (request: MemoryReaderRequest) => {
  if (request === 'close') {
    await db.destroy()
    port.close()
    return
  }
  await findPeople(db, request)
  port.postMessage('done')
})
