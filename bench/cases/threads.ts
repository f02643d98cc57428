import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { openDialect } from '../contestants/index.ts'
import { counting, type Db, execute, PERSON } from '../data.ts'
import type { Case, Seat } from '../harness/case.ts'
import { findPerson } from '../query.ts'

/** About a millisecond. */
const STEPS = 7000
const READS = 1000
const COMPUTING = 'queries that compute for 1 ms'
const ONE_BY_ONE = 'one by one'
const IN_TRANSACTION = 'in a read-only transaction'

/** In a user's own thread: a dialect of its own, which is asked for so many reads. */
async function readInThread(seat: Seat): Promise<void> {
  const { db } = await openDialect({ ...seat, contestant: 'StaticPool' })
  const transaction = db.transaction().setAccessMode('read only')
  parentPort!.on('message', async (reads: number) => {
    if (seat.contestant === IN_TRANSACTION) await transaction.execute((trx) => findPeople(trx, reads))
    else await findPeople(db, reads)
    parentPort!.postMessage('done')
  })
}

async function findPeople(db: Db, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await findPerson(db, n)
}

if (!isMainThread) await readInThread(workerData)

export const cases: Case[] = [
  {
    name: 'threads',
    contestants: [COMPUTING, 'point selects'],
    columns: [1, 2, 3, 4, 6, 8],
    varied: { title: 'threads', scale: 'linear' },
    goals: [{ at: [2], contestant: COMPUTING, rival: COMPUTING, rivalAt: 1, atLeast: 1.8 }],
    warmUp: 1500,
    async start({ contestant, column, folder }) {
      const seat: Seat = { contestant: 'SingletonThreadPool', column: 'WAL file', folder }
      const client = await openDialect(seat, { threads: Number(column) })
      await execute(client, PERSON)
      const compute = (): Promise<unknown> => client.value(counting(STEPS))
      return { tasks: 16, run: contestant === COMPUTING ? compute : (n) => findPerson(client.db, n) }
    },
  },
  {
    name: 'threads of the user',
    contestants: [ONE_BY_ONE, IN_TRANSACTION],
    columns: [1, 2],
    varied: { title: 'threads', scale: 'linear' },
    goals: [
      { at: [2], contestant: ONE_BY_ONE, rival: ONE_BY_ONE, rivalAt: 1, atLeast: 1.8 },
      { at: [2], contestant: IN_TRANSACTION, rival: IN_TRANSACTION, rivalAt: 1, atLeast: 1.8 },
    ],
    warmUp: 1500,
    async start(given) {
      const seat: Seat = { ...given, column: 'shared memory' }
      await execute(await openDialect({ ...seat, contestant: 'StaticPool' }), PERSON)
      const program = new URL(import.meta.url)
      const threads = Array.from(
        { length: Number(given.column) },
        () => new Worker(program, { workerData: seat }),
      )
      const read = async (thread: Worker): Promise<void> => {
        thread.postMessage(READS / threads.length)
        await once(thread, 'message')
      }
      return { operations: READS, run: () => Promise.all(threads.map(read)) }
    },
  },
]
