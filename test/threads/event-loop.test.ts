import { expect, test } from 'vitest'
import { Heartbeat } from '../support/heartbeat.ts'
import { open } from '../support/open.ts'
import { run } from '../support/statements.ts'
import { CREATOR } from './creators.ts'

/** Milliseconds that each of five queries takes, and after which a timer is late. */
const TAKEN = 300
const LATE = 200

/** The longest that the event loop stands still while they run. */
async function longestPauseWith(threads: number): Promise<number> {
  const { db } = open<any>({ url: ':memory:', threads, creator: CREATOR })
  await run(db, 'select 1')
  const heartbeat = new Heartbeat()
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => run(db, `select sleep(${TAKEN}) as slept`)))
  expect(answers.flat()).toHaveLength(5)
  return await heartbeat.longestPause()
}

test('timers fire while five queries of 300 ms run in a thread', async () => {
  expect(await longestPauseWith(1)).toBeLessThan(LATE)
})

test('the same queries in the calling thread let none fire in between', async () => {
  expect(await longestPauseWith(0)).toBeGreaterThan(LATE)
})
