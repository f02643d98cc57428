import { count } from '../busy-query.ts'
import { kyselys, ours } from '../dialects.ts'
import type { Db } from '../tables.ts'
import type { Contestant, Trial } from '../trial.ts'

/** About 100 ms. */
const STEPS = 700_000

/** What the rest of a server notices of long queries. */
export const eventLoopDelayOfQueries: Trial = {
  name: 'event-loop delay, worst, during queries of 100 ms',
  batch: 5,
  runs: 2,
  measured: 'event-loop delay',
  contestants: {
    Kysely: counter((folder) => kyselys('WAL file', folder)),
    'SingletonThreadPool, one thread': counter((folder) =>
      ours('WAL file', folder, 'SingletonThreadPool', { threads: 1 }),
    ),
  },
  bounds: [
    { subject: 'SingletonThreadPool, one thread', wanted: { nanoseconds: 10_000_000 } },
    { subject: 'Kysely', wanted: 'nothing' },
  ],
}

function counter(open: (folder: string) => Db): Contestant {
  return async (folder) => {
    const db = open(folder)
    return {
      async run(times) {
        for (let n = 0; n < times; n += 1) {
          // oxlint-disable-next-line no-await-in-loop -- one after the other
          await count(db, STEPS)
        }
      },
      close: () => db.destroy(),
    }
  }
}
