import { genericWorker, ours } from '../dialects.ts'
import type { Db } from '../tables.ts'
import { inTasks } from '../in-tasks.ts'
import { createPeople, findPeople, findPerson, idAt } from '../people.ts'
import type { Contestant, Trial } from '../trial.ts'

const AT_ONCE = 64

/** One row by its primary key, for each of many tasks. */
export const pointSelectsAtOnce: Trial = {
  name: `point select, ${AT_ONCE} at once, WAL file`,
  batch: 12_800,
  runs: 3,
  contestants: contestants((db, times) => inTasks(AT_ONCE, times, (index) => findPerson(db, idAt(index)))),
  bounds: [
    { subject: 'one thread', rival: 'generic worker', wanted: { speed: 5 } },
    { subject: 'one thread', rival: 'no threads', wanted: { speed: 0.6 } },
    { subject: 'generic worker, statements kept', rival: 'generic worker', wanted: 'nothing' },
  ],
}

/** One row by its primary key, one after the other. Either bound is enough. */
export const pointSelectThroughThread: Trial = {
  name: 'point select through a thread, WAL file',
  batch: 500,
  contestants: contestants(findPeople),
  bounds: [
    { subject: 'one thread', wanted: { nanoseconds: 30_000 } },
    { subject: 'one thread', rival: 'generic worker', wanted: { speed: 2 } },
    { subject: 'one thread', rival: 'no threads', wanted: 'nothing' },
    { subject: 'generic worker, statements kept', rival: 'generic worker', wanted: 'nothing' },
  ],
}

function contestants(work: (db: Db, times: number) => Promise<void>): Readonly<Record<string, Contestant>> {
  const selector =
    (open: (folder: string) => Db): Contestant =>
    async (folder) => {
      const db = open(folder)
      await createPeople(db)
      return { run: (times) => work(db, times), close: () => db.destroy() }
    }
  const generic = (keepsStatements: boolean): Contestant =>
    selector((folder) => genericWorker({ place: 'WAL file', folder, keepsStatements }))
  return {
    'no threads': selector((folder) => ours('WAL file', folder, 'QueuePool')),
    'one thread': selector((folder) => ours('WAL file', folder, 'QueuePool', { threads: 1 })),
    'generic worker': generic(false),
    'generic worker, statements kept': generic(true),
  }
}
