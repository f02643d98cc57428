import { setTimeout as wait } from 'node:timers/promises'
import type { Client } from '../contestants/client.ts'
import { expect, PERSON, undo } from '../data.ts'
import type { Case } from '../harness/case.ts'
import { findPerson, onClient, runner, SELECT, UPDATE } from '../query.ts'

/** Milliseconds for which the transaction waits for something else, such as an answer over the network. */
const OPEN_MS = 10
const READERS = Array.from({ length: 20 }, (_, reader) => reader)

/** Returns what reads a row, and what updates one in a transaction and does some work before it commits. */
async function readAndUpdate(client: Client) {
  if ('db' in client) {
    const update = (work: () => Promise<void>): Promise<void> =>
      client.db.transaction().execute(async (trx) => {
        await UPDATE.build(trx, 0).execute()
        await work()
      })
    return { read: (reader: number) => findPerson(client.db, reader), update }
  }
  const [begin, commit] = [await client.prepare('begin immediate'), await client.prepare('commit')]
  const updateRow = await runner(client, UPDATE)
  // Through the first connection they would read within the transaction.
  const select = await runner(await client.another(), SELECT)
  const update = async (work: () => Promise<void>): Promise<void> => {
    await begin.run()
    try {
      await updateRow(0)
      await work()
    } finally {
      await commit.run()
    }
  }
  return { read: async (reader: number) => SELECT.check(await select(reader), reader), update }
}

export const cases: Case[] = [
  {
    name: 'readers beside an open transaction',
    start: onClient(PERSON, async (client) => {
      const { read, update } = await readAndUpdate(client)
      return {
        measures: true,
        async run() {
          let reading: Promise<number> | undefined
          await update(async () => {
            const began = performance.now()
            reading = Promise.all(READERS.map(read)).then(() => (performance.now() - began) * 1e6)
            // It is awaited only after the transaction.
            reading.catch(() => {})
            await wait(OPEN_MS)
          })
          return await reading
        },
        async reset(done) {
          const updates = await client.value('select age - id % 90 from person where id = 1')
          expect('the number of updates', done, updates)
          await undo(client, 'update person set age = id % 90')
        },
      }
    }),
  },
]
