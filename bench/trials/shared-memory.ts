import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Tables } from '../tables.ts'
import { createPeople } from '../people.ts'
import type { Contestant, Trial } from '../trial.ts'
import type { MemoryReaderOptions, MemoryReaderRequest } from '../workers/memory-reader.ts'

/** Point selects in the user's own threads, of one memory database. It needs two idle processors. */
export const memoryOfTwoThreads: Trial = {
  name: 'point select in own threads, shared memory',
  batch: 5000,
  contestants: {
    'one thread': readers(1, false),
    'two threads': readers(2, false),
    'one thread, in transactions': readers(1, true),
    'two threads, in transactions': readers(2, true),
  },
  bounds: [
    { subject: 'two threads', rival: 'one thread', wanted: { speed: 1.8 } },
    {
      subject: 'two threads, in transactions',
      rival: 'one thread, in transactions',
      wanted: { speed: 1.8 },
    },
  ],
}

function readers(threads: number, inTransaction: boolean): Contestant {
  return async () => {
    const url = `file:bench-${randomUUID()}?mode=memory&cache=shared`
    const db = new Kysely<Tables>({ dialect: new PooledSqliteDialect(url) })
    await createPeople(db)
    const program = new URL('../workers/memory-reader.ts', import.meta.url)
    const workerData: MemoryReaderOptions = { url, inTransaction }
    const workers = Array.from({ length: threads }, () => new Worker(program, { workerData }))
    return {
      async run(times) {
        await Promise.all(
          workers.map((worker) => {
            tell(worker, times / threads)
            return once(worker, 'message')
          }),
        )
      },
      async close() {
        await Promise.all(
          workers.map((worker) => {
            tell(worker, 'close')
            return once(worker, 'exit')
          }),
        )
        await db.destroy()
      },
    }
  }
}

function tell(worker: Worker, request: MemoryReaderRequest): void {
  worker.postMessage(request)
}
