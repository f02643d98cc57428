import BetterSqlite3 from 'better-sqlite3'
import { bareWithoutPool, ours } from '../dialects.ts'
import type { Db } from '../tables.ts'
import { createPeopleIn, idAfter } from '../people.ts'
import { openDatabase } from '../open-database.ts'
import { fileIn, type Place } from '../place.ts'
import type { Contestant, Trial } from '../trial.ts'

export const nullPoolQuery: Trial = queryOnNewConnection('file')
export const nullPoolQueryInWal: Trial = queryOnNewConnection('WAL file')

/** Open, one point select, close. The file has its journal mode already, and neither side sets a pragma again. */
function queryOnNewConnection(place: Place): Trial {
  return {
    name: `query on a new connection, ${place}`,
    batch: 30,
    contestants: {
      'open, run, close': openRunClose(place),
      'bare, no pool': queryThrough(place, bareWithoutPool),
      NullPool: queryThrough(place, (folder) => ours(place, folder, 'NullPool', { pragmas: {} })),
    },
    bounds: [
      { subject: 'NullPool', rival: 'open, run, close', wanted: { time: 1.2 } },
      { subject: 'bare, no pool', rival: 'open, run, close', wanted: 'nothing' },
    ],
  }
}

function openRunClose(place: Place): Contestant {
  return async (folder) => {
    createFile(place, folder)
    return {
      async run(times) {
        for (let n = 0, id = 1; n < times; n += 1, id = idAfter(id)) {
          const database = new BetterSqlite3(fileIn(folder))
          const row = database
            .prepare<[number], { id: number }>('select * from "person" where "id" = ?')
            .get(id)
          database.close()
          if (row?.id !== id) throw new Error(`person ${id} was not found`)
        }
      },
      close: async () => {},
    }
  }
}

function queryThrough(place: Place, open: (folder: string) => Db): Contestant {
  return async (folder) => {
    createFile(place, folder)
    const db = open(folder)
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

function createFile(place: Place, folder: string): void {
  const database = openDatabase(place, folder)
  createPeopleIn(database)
  database.close()
}
