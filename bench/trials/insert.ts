import { sql } from 'kysely'
import { bare, kyselys, ours } from '../dialects.ts'
import type { Db } from '../tables.ts'
import { countPeople, CREATE_PERSON, emptyPeople, person } from '../people.ts'
import type { Place } from '../place.ts'
import type { Contestant, Trial } from '../trial.ts'

export const insertIntoMemory: Trial = insert('memory', 1.9)
export const insertIntoFile: Trial = insert('WAL file', 1.4)

/** One row, in a transaction of its own. The batch is small enough for the WAL not to be checkpointed meanwhile. */
function insert(place: Place, speed: number): Trial {
  return {
    name: `insert, ${place}`,
    batch: 300,
    contestants: {
      Kysely: inserter((folder) => kyselys(place, folder), insertOneByOne),
      bare: inserter((folder) => bare(place, folder), insertOneByOne),
      StaticPool: inserter((folder) => ours(place, folder, 'StaticPool'), insertOneByOne),
    },
    bounds: [
      { subject: 'StaticPool', rival: 'Kysely', wanted: { speed } },
      { subject: 'StaticPool', rival: 'bare', wanted: { speed: 0.85 } },
    ],
  }
}

async function insertOneByOne(db: Db, times: number): Promise<number> {
  for (let n = 0; n < times; n += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { insertId } = await db.insertInto('person').values(person(n)).executeTakeFirstOrThrow()
    if (insertId === undefined) throw new Error('the row got no id')
  }
  return times
}

/** @param work Inserts, and returns how many rows it inserted. */
export function inserter(
  open: (folder: string) => Db,
  work: (db: Db, times: number) => Promise<number>,
): Contestant {
  return async (folder) => {
    const db = open(folder)
    await sql.raw(CREATE_PERSON).execute(db)
    let expected = 0
    return {
      async run(times) {
        expected += await work(db, times)
      },
      async reset() {
        const count = await countPeople(db)
        if (count !== expected) throw new Error(`${expected} rows were inserted, and ${count} are there`)
        expected = 0
        await emptyPeople(db)
      },
      close: () => db.destroy(),
    }
  }
}
