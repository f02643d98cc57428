import { kyselys, ours } from '../dialects.ts'
import { createPeople, findPerson, idAt } from '../people.ts'
import type { Db } from '../tables.ts'
import type { EnterSeries, Plot } from './plot.ts'

export const waitingQueries: Plot = {
  name: 'waiting queries',
  about: 'Point selects of a WAL file, so many of them asked for at once.',
  xTitle: 'queries at once',
  xs: [1, 10, 100, 1000, 10_000],
  xScale: 'log',
  series: {
    StaticPool: atOnce((folder) => ours('WAL file', folder, 'StaticPool')),
    QueuePool: atOnce((folder) => ours('WAL file', folder, 'QueuePool')),
    'QueuePool, threads: 1': atOnce((folder) => ours('WAL file', folder, 'QueuePool', { threads: 1 })),
    SqliteDialect: atOnce((folder) => kyselys('WAL file', folder)),
  },
  knee: `Poolclass is flat, but for one step between 100 and 1,000: those who wait stand in a line, and each check-in serves the first. The step
is not the pool's: in a process that does nothing in between, a thousand at once took 6 to 8 µs each, as one does. Its cause is
not known. With a thread, the queries of a tick
travel together. Kysely's dialect bends between 100 and 1,000 and goes on rising: its mutex wakes all who wait at each release,
and all but one wait again, so the time of n queries grows with n².`,
}

function atOnce(open: (folder: string) => Db): EnterSeries {
  return async (queries, folder) => {
    const db = open(folder)
    await createPeople(db)
    return {
      async run(times) {
        for (let from = 0; from < times; from += queries) {
          // oxlint-disable-next-line no-await-in-loop -- one crowd after the other
          await Promise.all(Array.from({ length: queries }, (_, index) => findPerson(db, idAt(from + index))))
        }
      },
      close: () => db.destroy(),
      batch: { step: queries },
    }
  }
}
