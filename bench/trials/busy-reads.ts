import { count } from '../busy-query.ts'
import { ours } from '../dialects.ts'
import { inTasks } from '../in-tasks.ts'
import type { Contestant, Trial } from '../trial.ts'

/** About 10 ms. */
const STEPS = 70_000
const TASKS = 2

/** Reads that keep the processor busy, by two tasks. It needs two idle processors. */
export const busyReadsInTwoThreads: Trial = {
  name: 'CPU-bound reads of 10 ms, WAL file',
  batch: 20,
  runs: 4,
  contestants: {
    'one thread': counter(1),
    'two threads': counter(2),
    'no threads': counter(0),
  },
  bounds: [
    { subject: 'two threads', rival: 'one thread', wanted: { speed: 1.8 } },
    { subject: 'one thread', rival: 'no threads', wanted: 'nothing' },
  ],
}

function counter(threads: number): Contestant {
  return async (folder) => {
    const db = ours('WAL file', folder, 'SingletonThreadPool', { threads })
    // Each thread has opened its connection before it is measured.
    await inTasks(TASKS, TASKS, () => count(db, STEPS))
    return {
      run: (times) => inTasks(TASKS, times, () => count(db, STEPS)),
      close: () => db.destroy(),
    }
  }
}
