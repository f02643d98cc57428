import { bare, kyselys, ours } from '../dialects.ts'
import type { Db } from '../tables.ts'
import { person } from '../people.ts'
import type { Trial } from '../trial.ts'
import { inserter } from './insert.ts'

const INSERTS = 10

/** Begin, ten inserts, commit. */
export const transactionOfTen: Trial = {
  name: 'transaction of ten inserts, memory',
  batch: 40,
  contestants: {
    Kysely: inserter((folder) => kyselys('memory', folder), transactions),
    bare: inserter((folder) => bare('memory', folder), transactions),
    StaticPool: inserter((folder) => ours('memory', folder, 'StaticPool'), transactions),
  },
  bounds: [
    { subject: 'StaticPool', rival: 'Kysely', wanted: { speed: 2.5 } },
    { subject: 'StaticPool', rival: 'bare', wanted: { speed: 0.85 } },
    { subject: 'bare', rival: 'Kysely', wanted: 'nothing' },
  ],
}

async function transactions(db: Db, times: number): Promise<number> {
  for (let n = 0; n < times; n += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await db.transaction().execute(async (trx) => {
      for (let row = 0; row < INSERTS; row += 1) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await trx.insertInto('person').values(person(row)).executeTakeFirstOrThrow()
      }
    })
  }
  return times * INSERTS
}
