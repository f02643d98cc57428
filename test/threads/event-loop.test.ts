import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { run } from '../support/statements.ts'
import { CREATOR } from './creators.ts'

const QUERY = 'select sleep(100) as slept'

/** How often a timer fires while five queries of 100 ms run, and the longest time between two of its firings. */
async function timerDuring(
  threads: number,
): Promise<{ fired: number; gap: number; loop: EventLoopUtilization }> {
  const { db } = open<any>({ url: ':memory:', threads, creator: CREATOR })
  await run(db, 'select 1')
  let [fired, gap, last] = [0, 0, performance.now()]
  const timer = setInterval(() => {
    const now = performance.now()
    fired += 1
    gap = Math.max(gap, now - last)
    last = now
  }, 5)
  const before = performance.eventLoopUtilization()
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => run(db, QUERY)))
  const loop = performance.eventLoopUtilization(before)
  await delay(10)
  clearInterval(timer)
  expect(answers.flat()).toHaveLength(5)
  return { fired, gap, loop }
}

test('timers fire while five queries of 100 ms run in a thread', async () => {
  const { fired, gap, loop } = await timerDuring(1)
  expect(fired).toBeGreaterThan(20)
  expect(gap).toBeLessThan(250)
  expect(loop.utilization).toBeLessThan(0.5)
})

test('the same queries in the calling thread let none fire in between', async () => {
  const { gap } = await timerDuring(0)
  expect(gap).toBeGreaterThan(95)
})
