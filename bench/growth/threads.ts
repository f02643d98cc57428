import { count } from '../busy-query.ts'
import { ours } from '../dialects.ts'
import { inTasks } from '../in-tasks.ts'
import { createPeople, findPerson, idAt } from '../people.ts'
import type { Db } from '../tables.ts'
import type { EnterSeries, Plot } from './plot.ts'

const TASKS = 16
/** About a millisecond. */
const STEPS = 7000

export const threads: Plot = {
  name: 'threads',
  about: `Reads of a WAL file by ${TASKS} tasks at once, through a SingletonThreadPool with so many threads: time divided by queries.`,
  xTitle: 'threads',
  xs: [1, 2, 3, 4, 6, 8],
  xScale: 'linear',
  series: {
    'queries that compute for 1 ms': inThreads((db) => count(db, STEPS)),
    'point selects': inThreads((db, index) => findPerson(db, idAt(index))),
  },
  knee: `The knee is at the number of processors, 2 here: queries that compute are almost twice as fast in two threads, and no faster in more.
Point selects are slower in two threads than in one, presumably because the calling thread, which builds the queries, now shares two
processors with two others, and each message carries fewer queries.`,
}

function inThreads(query: (db: Db, index: number) => Promise<void>): EnterSeries {
  return async (size, folder) => {
    const db = ours('WAL file', folder, 'SingletonThreadPool', { threads: size })
    await createPeople(db)
    return {
      run: (times) => inTasks(TASKS, times, (index) => query(db, index)),
      close: () => db.destroy(),
      batch: { step: TASKS },
    }
  }
}
