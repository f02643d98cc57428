import { genericWorker, ours } from '../dialects.ts'
import type { Db } from '../tables.ts'
import { createReadings, readAll, streamAll } from '../readings.ts'
import type { Contestant, Trial } from '../trial.ts'

/** 100 000 rows of four columns, all at once. */
export const rowsFromThread: Trial = rows('100 000 rows, WAL file', readAll, 1.7)

/** The same, row by row in chunks of a thousand. */
export const rowsStreamedFromThread: Trial = rows(
  '100 000 rows streamed, WAL file',
  (db) => streamAll(db, 1000),
  1.5,
)

function rows(name: string, read: (db: Db) => Promise<void>, time: number): Trial {
  return {
    name,
    batch: 5,
    runs: 2,
    contestants: {
      'no threads': reader((folder) => ours('WAL file', folder, 'StaticPool'), read),
      'one thread': reader((folder) => ours('WAL file', folder, 'StaticPool', { threads: 1 }), read),
      'generic worker': reader(
        (folder) => genericWorker({ place: 'WAL file', folder, keepsStatements: false }),
        read,
      ),
    },
    bounds: [
      { subject: 'one thread', rival: 'no threads', wanted: { time } },
      { subject: 'one thread', rival: 'generic worker', wanted: 'nothing' },
    ],
  }
}

function reader(open: (folder: string) => Db, read: (db: Db) => Promise<void>): Contestant {
  return async (folder) => {
    const db = open(folder)
    await createReadings(db)
    return {
      async run(times) {
        for (let n = 0; n < times; n += 1) {
          // oxlint-disable-next-line no-await-in-loop -- one after the other
          await read(db)
        }
      },
      close: () => db.destroy(),
    }
  }
}
