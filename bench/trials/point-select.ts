import { bare, bareWithHandles, kyselys, ours } from '../dialects.ts'
import type { Db } from '../tables.ts'
import { createPeople, idAfter } from '../people.ts'
import type { Place } from '../place.ts'
import type { Bound, Contestant, Trial } from '../trial.ts'

export const pointSelectInMemory: Trial = pointSelect('memory', ['SingletonThreadPool', 'StaticPool'], 4)

export const pointSelectInFile: Trial = pointSelect(
  'WAL file',
  ['StaticPool', 'SingletonThreadPool', 'QueuePool'],
  2.2,
)

/** One row by its primary key, built with the query builder each time. */
function pointSelect(
  place: Place,
  poolclasses: readonly ('SingletonThreadPool' | 'StaticPool' | 'QueuePool')[],
  speed: number,
): Trial {
  return {
    name: `point select, ${place}`,
    batch: 500,
    contestants: {
      Kysely: pointSelector((folder) => kyselys(place, folder)),
      bare: pointSelector((folder) => bare(place, folder)),
      'bare, new handles': pointSelector((folder) => bareWithHandles(place, folder)),
      ...Object.fromEntries(
        poolclasses.map((name) => [name, pointSelector((folder) => ours(place, folder, name))]),
      ),
    },
    bounds: [
      ...poolclasses.flatMap((subject): Bound[] => [
        { subject, rival: 'Kysely', wanted: { speed } },
        { subject, rival: 'bare', wanted: { speed: 0.85 } },
      ]),
      { subject: 'bare, new handles', rival: 'bare', wanted: 'nothing' },
      { subject: 'bare', rival: 'Kysely', wanted: 'nothing' },
    ],
  }
}

export function pointSelector(open: (folder: string) => Db): Contestant {
  return async (folder) => {
    const db = open(folder)
    await createPeople(db)
    return {
      async run(times) {
        for (let n = 0, id = 1; n < times; n += 1, id = idAfter(id)) {
          // oxlint-disable-next-line no-await-in-loop -- one after the other
          const row = await db.selectFrom('person').selectAll().where('id', '=', id).executeTakeFirst()
          if (row?.id !== id) throw new Error(`person ${id} was not found`)
        }
      },
      close: () => db.destroy(),
    }
  }
}
