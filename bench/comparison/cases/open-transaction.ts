import { setTimeout as wait } from 'node:timers/promises'
import { findPerson, idAt } from '../../people.ts'
import { CHECKPOINT, PERSON } from '../data.ts'
import { type Case, expect } from './case.ts'

/** Milliseconds for which the transaction waits for something else, such as an answer over the network. */
const OPEN_MS = 10
const READERS = 20
const SELECT = 'select * from person where id = ?'
const UPDATE = 'update person set age = age + 1 where id = ?'

/** Drivers read through a second connection: through the first they would read within the transaction. */
export const openTransactionWithReaders: Case = {
  name: 'readers beside an open transaction',
  about: `A transaction has written a row and stays open for ${OPEN_MS} ms; ${READERS} other tasks read a row each. The time until all of them have their row.`,
  data: PERSON,
  batch: { most: 2 },
  kysely: ({ db }) =>
    timed(async (readers) => {
      await db.transaction().execute(async (trx) => {
        await trx
          .updateTable('person')
          .set((set) => ({ age: set('age', '+', 1) }))
          .where('id', '=', 1)
          .execute()
        readers.start((index) => findPerson(db, idAt(index)))
        await wait(OPEN_MS)
      })
    }),
  sync: (client) => {
    const { database } = client
    const [begin, update, commit] = ['begin immediate', UPDATE, 'commit'].map((sql) => database.prepare(sql))
    const other = client.another()
    // Waiting for a lock would block the thread that has to commit.
    other.exec('pragma busy_timeout = 0')
    const select = other.prepare(SELECT)
    return timed(async (readers) => {
      begin!.run()
      try {
        update!.run(1)
        readers.start(async (index) => check(index, select.get(idAt(index))))
        await wait(OPEN_MS)
      } finally {
        commit!.run()
      }
    })
  },
  async: async (client) => {
    const { database } = client
    const statements = ['begin immediate', UPDATE, 'commit'].map((sql) => database.prepare(sql))
    const [begin, update, commit] = await Promise.all(statements)
    const select = await (await client.another()).prepare(SELECT)
    return timed(async (readers) => {
      await begin!.run()
      try {
        await update!.run(1)
        readers.start(async (index) => check(index, await select.get(idAt(index))))
        await wait(OPEN_MS)
      } finally {
        await commit!.run()
      }
    })
  },
  reset: async (client, done) => {
    const found = await client.value('select age - id % 90 from person where id = 1')
    expect('the number of updates', done, found)
    await client.execute('update person set age = id % 90')
    await client.execute(CHECKPOINT)
  },
}

interface Readers {
  /** Lets all readers read at once. */
  start(read: (index: number) => Promise<void>): void
}

/** The mean time from the start of the readers until the last of them has its row, in nanoseconds. */
function timed(transaction: (readers: Readers) => Promise<void>): (times: number) => Promise<number> {
  return async (times) => {
    let sum = 0
    for (let n = 0; n < times; n += 1) {
      let reading: Promise<number> | undefined
      const start = (read: (index: number) => Promise<void>): void => {
        reading = readAll(read)
        // It is awaited only after the transaction.
        reading.catch(() => {})
      }
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await transaction({ start })
      // oxlint-disable-next-line no-await-in-loop
      sum += await reading!
    }
    return sum / times
  }
}

async function readAll(read: (index: number) => Promise<void>): Promise<number> {
  const began = process.hrtime.bigint()
  await Promise.all(Array.from({ length: READERS }, (_, index) => read(index)))
  return Number(process.hrtime.bigint() - began)
}

function check(index: number, row: unknown): void {
  expect('the id', idAt(index), (row as { id: number }).id)
}
