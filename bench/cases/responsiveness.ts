import { quantile } from 'd3-array'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { BASELINE, GENERIC_WORKER } from '../contestants/index.ts'
import { counting, expect, PERSON } from '../data.ts'
import type { Case } from '../harness/case.ts'
import { onClient, runner, SELECT } from '../query.ts'

/** About 100 ms. */
const SLOW = 700_000
/** For how long requests come in, and how far apart. In milliseconds. */
const LOAD = 1000
const QUICK_EACH = 2
const SLOW_EACH = 250

/** The longest time between two turns of the event loop, in nanoseconds, looked at once in a millisecond. */
async function longestGap(work: () => Promise<unknown>): Promise<number> {
  const delays = monitorEventLoopDelay({ resolution: 1 })
  delays.enable()
  await wait(5)
  await work()
  await wait(5)
  delays.disable()
  return delays.max
}

/** How long quick requests wait for their answers, in milliseconds. They come whether or not the last one has its own. */
async function waits(quick: (n: number) => unknown, slow: () => Promise<unknown>): Promise<number[]> {
  const waited: number[] = []
  const requests: Promise<unknown>[] = []
  const start = performance.now()
  for (let time = 0; time < LOAD; time += QUICK_EACH) {
    const early = start + time - performance.now()
    if (early > 0) await wait(early)
    if (time % SLOW_EACH === 0) requests.push(slow())
    requests.push(Promise.resolve(quick(time)).then(() => waited.push(performance.now() - start - time)))
  }
  await Promise.all(requests)
  return waited
}

export const cases: Case[] = [
  {
    name: 'event-loop gap',
    contestants: [BASELINE, 'StaticPool', 'SingletonThreadPool, threads: 1', GENERIC_WORKER],
    columns: ['WAL file'],
    goals: [{ at: ['WAL file'], contestant: 'SingletonThreadPool, threads: 1', atMost: 10e6 }],
    start: onClient([], (client) => {
      const query = async (): Promise<void> => expect('the steps', SLOW, await client.value(counting(SLOW)))
      return { measures: true, run: () => longestGap(query) }
    }),
  },
  {
    name: 'quick requests beside slow ones',
    contestants: [BASELINE, 'QueuePool', 'QueuePool, threads: 2', 'SingletonThreadPool, threads: 2'],
    columns: ['WAL file'],
    goals: [{ at: ['WAL file'], contestant: 'QueuePool, threads: 2', atMost: 4.6e6 }],
    start: onClient(PERSON, async (client) => {
      const quick = await runner(client, SELECT)
      const slow = (): Promise<unknown> => client.value(counting(SLOW))
      return { measures: true, run: async () => quantile(await waits(quick, slow), 0.99)! * 1e6 }
    }),
  },
]
