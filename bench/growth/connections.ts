import { ours } from '../dialects.ts'
import { createPeople, findPeople } from '../people.ts'
import type { EnterSeries, Plot } from './plot.ts'

/** How many queries a task runs on its connection before it gives it back. */
const QUERIES_EACH = 10

export const connections: Plot = {
  name: 'connections',
  about: `Point selects of a WAL file by so many tasks at once, each on a connection of its own for ${QUERIES_EACH} queries.`,
  xTitle: 'connections of a QueuePool',
  xs: [1, 2, 4, 8, 16, 32, 64],
  xScale: 'log',
  series: {
    QueuePool: held(0),
    'QueuePool, threads: 1': held(1),
    'QueuePool, threads: 2': held(2),
  },
  knee: `Without a thread the line is flat up to 32: more connections make nothing faster and nothing slower. At 64 a query takes some 20 %
longer; our guess is the second-level cache (2 MiB for each core here), which the pages and statements of so many connections exceed. With
threads, more tasks at once mean more queries in each message. A second thread gains nothing for queries this short.`,
}

function held(threads: number): EnterSeries {
  return async (count, folder) => {
    const db = ours('WAL file', folder, 'QueuePool', { threads, poolSize: count, maxOverflow: 0 })
    await createPeople(db)
    const step = count * QUERIES_EACH
    return {
      async run(times) {
        for (let done = 0; done < times; done += step) {
          // oxlint-disable-next-line no-await-in-loop -- one crowd after the other
          await Promise.all(
            Array.from({ length: count }, () =>
              db.connection().execute((connection) => findPeople(connection, QUERIES_EACH)),
            ),
          )
        }
      },
      close: () => db.destroy(),
      batch: { step },
    }
  }
}
