import * as fc from 'fast-check'
import { gateFor } from './gate.ts'
import type { Config } from './scripts/tasks.ts'
import type { Thread } from './thread.ts'

/** Has each thread increment one counter, all at the same time; returns how many increments are missing in the end. */
export async function lostIncrements(config: Config, threads: readonly Thread[]): Promise<number> {
  const [first] = threads as readonly [Thread, ...Thread[]]
  await createCounter(config, first)
  const gate = gateFor(threads.length)
  const counts = fc.sample(fc.integer({ min: 20, max: 60 }), { seed: SEED, numRuns: threads.length })
  await Promise.all(
    counts.map((times, index) => threads[index]?.do('incrementTogether', { config, times, gate })),
  )
  const { value } = await readCounter(config, first)
  return counts.reduce((total, count) => total + count, 0) - value
}

export async function createCounter(config: Config, thread: Thread): Promise<void> {
  await thread.do('run', { config, sql: 'create table log (value integer primary key)' })
  await thread.do('run', { config, sql: 'create table counter as select 0 as value' })
}

/** The counter, and how many increments are logged. */
export async function readCounter(
  config: Config,
  thread: Thread,
): Promise<{ value: number; logged: number }> {
  const sql = 'select value, (select count(*) from log) as logged from counter'
  const [row] = await thread.do('run', { config, sql })
  return row
}

const SEED = 1729
