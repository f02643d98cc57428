import { setTimeout as wait } from 'node:timers/promises'
import type { Client } from '../contestants/client.ts'
import { expect, PERSON, undo } from '../data.ts'
import type { Case } from '../harness/case.ts'
import { findPerson, onClient, runner, SELECT, UPDATE } from '../query.ts'

/** Milliseconds for which the transaction waits for something else, such as an answer over the network. */
const OPEN_MS = 10
const READERS = Array.from({ length: 20 }, (_, reader) => reader)

/** What reads a row, and what updates one in a transaction and does some work before it commits. */
async function partsOf(client: Client) {
  if ('db' in client) {
    const { db } = client
    const update = (work: () => Promise<void>): Promise<void> =>
      db.transaction().execute(async (trx) => {
        await UPDATE.build(trx, 0).execute()
        await work()
      })
    return { read: (reader: number) => findPerson(db, reader), update }
  }
  const [begin, commit] = [await client.prepare('begin immediate'), await client.prepare('commit')]
  const updateRow = await runner(client, UPDATE)
  // Through the first connection they would read within the transaction.
  const select = await runner(await client.another(), SELECT)
  return {
    read: async (reader: number) => SELECT.check(await select(reader), reader),
    async update(work: () => Promise<void>) {
      await begin.run()
      await updateRow(0)
      await work().finally(() => commit.run())
    },
  }
}

export const cases: Case[] = [
  {
    name: 'readers beside an open transaction',
    start: onClient(PERSON, async (client) => {
      const { read, update } = await partsOf(client)
      async function run(): Promise<number> {
        let waited = Promise.resolve(0)
        await update(async () => {
          const began = performance.now()
          waited = Promise.all(READERS.map(read)).then(() => (performance.now() - began) * 1e6)
          // It is awaited only after the transaction.
          waited.catch(() => {})
          await wait(OPEN_MS)
        })
        return await waited
      }
      async function reset(done: number): Promise<void> {
        expect('the age', done, await client.value('select age - id % 90 from person where id = 1'))
        await undo(client, 'update person set age = id % 90')
      }
      return { measures: true, run, reset }
    }),
  },
]
