import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { open, openDialect } from '../contestants/index.ts'
import { counting, type Db, PERSON } from '../data.ts'
import type { Case, Seat } from '../harness/case.ts'
import { findPerson } from '../query.ts'

const ROWS = 'as rows'
const COLUMNS = 'as columns'
/** As long as 100 rows take to be read. */
const BUSY_COLUMNS = 'as columns, after 40 µs of work'
const MESSAGES = [ROWS, COLUMNS, BUSY_COLUMNS]

/** About a millisecond. */
const STEPS = 7000
const READS = 1000
const COMPUTING = 'queries that compute for 1 ms'
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

/** Answers each message with the same rows, without SQLite. */
function answerInThread({ contestant, column }: Seat): void {
  const rows = Array.from({ length: Number(column) }, (_, id) => ({
    id,
    name: `Person ${id}`,
    email: `person${id}@example.org`,
    age: id % 90,
    score: id / 7,
  }))
  const names = ['id', 'name', 'email', 'age', 'score'] as const
  const answer = contestant === ROWS ? rows : names.map((name) => rows.map((row) => row[name]))
  const work = contestant === BUSY_COLUMNS ? 0.04 : 0
  parentPort!.on('message', () => {
    const until = performance.now() + work
    while (performance.now() < until);
    parentPort!.postMessage(answer)
  })
}

if (!isMainThread) {
  const seat = workerData as Seat
  if (MESSAGES.includes(seat.contestant)) answerInThread(seat)
  else await readInThread(seat)
}

export const cases: Case[] = [
  {
    name: 'threads',
    contestants: [COMPUTING, 'point selects'],
    columns: [1, 2, 3, 4, 6, 8],
    varied: { title: 'threads', scale: 'linear' },
    goals: [{ at: [2], contestant: COMPUTING, rival: COMPUTING, rivalAt: 1, atLeast: 1.8 }],
    async start({ contestant, column }) {
      const seat: Seat = { contestant: 'SingletonThreadPool', column: 'WAL file' }
      const client = await openDialect(seat, PERSON, { threads: Number(column) })
      const compute = (): Promise<unknown> => client.value(counting(STEPS))
      return { tasks: 16, run: contestant === COMPUTING ? compute : (n) => findPerson(client.db, n) }
    },
  },
  {
    name: 'threads of the user',
    contestants: ['one by one', IN_TRANSACTION],
    columns: [1, 2],
    varied: { title: 'threads', scale: 'linear' },
    goals: [
      { at: [2], contestant: 'one by one', rival: 'one by one', rivalAt: 1, atLeast: 1.8 },
      { at: [2], contestant: IN_TRANSACTION, rival: IN_TRANSACTION, rivalAt: 1, atLeast: 1.8 },
    ],
    async start(given) {
      const seat: Seat = { ...given, column: 'shared memory' }
      await open({ ...seat, contestant: 'StaticPool' }, PERSON)
      const newThread = (): Worker => new Worker(new URL(import.meta.url), { workerData: seat })
      const threads = Array.from({ length: Number(given.column) }, newThread)
      const read = async (thread: Worker): Promise<void> => {
        thread.postMessage(READS / threads.length)
        await once(thread, 'message')
      }
      return { operations: READS, run: () => Promise.all(threads.map(read)) }
    },
  },
  {
    name: 'message to a thread and back',
    contestants: MESSAGES,
    columns: [1, 100],
    varied: { title: 'rows in the answer', scale: 'log' },
    async start({ contestant, column }) {
      const thread = new Worker(new URL(import.meta.url), { workerData: { contestant, column } })
      const run = async (): Promise<unknown> => {
        thread.postMessage('')
        const [answer] = await once(thread, 'message')
        return answer
      }
      return { run }
    },
  },
]
