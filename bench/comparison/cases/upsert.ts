import { CHECKPOINT, TALLY } from '../data.ts'
import { type Case, expect } from './case.ts'

const NAMES = 500
const UPSERT = 'insert into tally values (?, 1) on conflict (name) do update set count = count + 1'

export const upsert: Case = {
  name: 'upsert',
  about: `Counts up one of ${NAMES} names, and begins with one where the name is new, in a transaction of its own.`,
  data: TALLY,
  batch: { most: 2000 },
  kysely:
    ({ db }) =>
    async (times) => {
      for (let n = 0; n < times; n += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await db
          .insertInto('tally')
          .values({ name: nameOf(n), count: 1 })
          .onConflict((conflict) =>
            conflict.column('name').doUpdateSet((set) => ({ count: set('tally.count', '+', 1) })),
          )
          .execute()
      }
    },
  sync: ({ database }) => {
    const statement = database.prepare(UPSERT)
    return (times) => {
      for (let n = 0; n < times; n += 1) statement.run(nameOf(n))
    }
  },
  async: async ({ database }) => {
    const statement = await database.prepare(UPSERT)
    return async (times) => {
      for (let n = 0; n < times; n += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await statement.run(nameOf(n))
      }
    }
  },
  reset: async (client, done) => {
    expect('the sum of all counts', done, await client.value('select total(count) from tally'))
    await client.execute('delete from tally')
    await client.execute(CHECKPOINT)
  },
}

function nameOf(number: number): string {
  return `name ${(number * 389) % NAMES}`
}
