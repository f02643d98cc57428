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
  knee: '',
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
