import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Bench, type Fn } from 'tinybench'
import { eventLoopDelay } from './event-loop-delay.ts'
import { shuffled } from './shuffled.ts'
import type { Entrant, Measured, Trial } from './trial.ts'

/** Nanoseconds of each contestant in one round: per operation, or of the longest delay in a batch. */
export type Round = Readonly<Record<string, number>>

/** How often a contestant runs its batch in a round. Long enough for the garbage collector to take its share of each. */
const RUNS = 12
/**
 * How often the event loop turns in a batch, as it does in a server. Node frees native objects there, such as the
 * statements that a dialect prepares anew for each query: without a turn they are never freed (470 MB instead of 150
 * after 80 000 queries), and who leaves them behind does not pay for them (a quarter of the time of prepare and run).
 */
const TURNS = 5
/** What does not count, per contestant: V8 has to see the code before it optimises it. */
const WARM_UP_MS = 300

/**
 * Lets the contestants compete in rounds. They take turns in an order that is drawn anew for each round, so that
 * none always runs in another one's wake, and what slows the machine down for a while slows all of them.
 */
export async function measure(trial: Trial, rounds: number, folder: string): Promise<Round[]> {
  const entrants = new Map<string, Entrant>()
  for (const [index, [name, contestant]] of Object.entries(trial.contestants).entries()) {
    const own = join(folder, String(index))
    mkdirSync(own)
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    entrants.set(name, await contestant(own))
  }
  const measured: Round[] = []
  try {
    await run(trial, entrants, WARM_UP_MS)
    for (let n = 0; n < rounds; n += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      measured.push(await run(trial, entrants, 0))
    }
  } finally {
    await Promise.all([...entrants.values()].map((entrant) => entrant.close()))
  }
  return measured
}

async function run(trial: Trial, entrants: Map<string, Entrant>, warmupTime: number): Promise<Round> {
  const { batch, runs = RUNS, measured = 'time' } = trial
  const bench = new Bench({
    iterations: runs,
    time: 0,
    warmup: warmupTime > 0,
    warmupTime,
    warmupIterations: runs,
    throws: true,
    setup: cleanUp,
    timestampProvider: 'hrtimeNow',
  })
  for (const [name, entrant] of shuffled([...entrants])) {
    // Each is timed over a whole batch: the `await` of an asynchronous task is paid once in it, by all alike.
    bench.add(name, TASKS[measured](entrant, batch), {
      async: true,
      afterEach: async () => entrant.reset?.(),
    })
  }
  const tasks = await bench.run()
  return Object.fromEntries(
    tasks.map(({ name, result }) => {
      if (result.state !== 'completed') throw new Error(`${trial.name}, ${name}: ${result.state}`)
      return [name, (result.period * 1e6) / (measured === 'time' ? batch : 1)]
    }),
  )
}

/** What tinybench runs. It takes the time itself, unless it is given something else in its place. */
const TASKS: Readonly<Record<Measured, (entrant: Entrant, batch: number) => Fn>> = {
  time: (entrant, batch) => () => runBatch(entrant, batch),
  'event-loop delay': (entrant, batch) => async () => ({
    overriddenDuration: await eventLoopDelay(() => runBatch(entrant, batch)),
  }),
}

/** Lets nobody pay for the garbage of the one before. Not timed. */
async function cleanUp(): Promise<void> {
  globalThis.gc?.({ type: 'minor', execution: 'sync' })
  await nextTurn()
}

async function runBatch(entrant: Entrant, batch: number): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await entrant.run(batch / TURNS)
    // oxlint-disable-next-line no-await-in-loop
    await nextTurn()
  }
}
