import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sampled } from '../support/effort.ts'
import { open } from '../support/open.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { CREATOR, UP_TO } from './creators.ts'

test.each(sampled(['quick', 'unknown']))(
  'a query is answered when it is done, not when the next one of its thread is, whose text was %s before',
  async (text) => {
    const { dialect } = open<any>({
      url: join(temporaryDirectory(), 'app.db'),
      poolclass: 'QueuePool',
      threads: 1,
      creator: CREATOR,
    })
    const driver = dialect.createDriver()
    await driver.init()
    const [first, second] = await Promise.all([driver.acquireConnection({}), driver.acquireConnection({})])
    for (const each of [first, second]) await run(each, 'select 1')
    if (text === 'quick') for (let n = 0; n < 20; n += 1) await run(first, SLEEP, 0)
    const start = performance.now()
    const quick = run(first, SLEEP, 0).then(() => performance.now() - start)
    const slow = run(second, SLEEP, 1500)
    expect(await quick).toBeLessThan(1000)
    await slow
    expect(performance.now() - start).toBeGreaterThan(1400)
    for (const each of [first, second]) await driver.releaseConnection(each)
    await driver.destroy()
  },
)

const SLEEP = 'select sleep(?) as slept'

/** How often a timer that is due every 5 ms fires in the last third of the time that something takes: then rows arrive. */
async function beatsAtTheEndOf(work: () => Promise<unknown>): Promise<number> {
  const beats: number[] = []
  const timer = setInterval(() => beats.push(performance.now()), 5)
  const start = performance.now()
  await work()
  const end = performance.now()
  clearInterval(timer)
  return beats.filter((at) => at > end - (end - start) / 3).length
}

const MANY_ROWS = [
  [
    'rows of many columns',
    `${UP_TO} select ${Array.from({ length: 200 }, (_, n) => `i + ${n}`).join(', ')} from c`,
    15_000,
  ],
  ['a million rows', `${UP_TO} select i from c`, 1_000_000],
] as const

test.each(sampled(MANY_ROWS))(
  '%s arrive in parts, between which the event loop turns',
  async (_, text, count) => {
    const { db } = open<any>({ url: ':memory:', threads: 1 })
    await run(db, 'select 1')
    let rows: unknown[] = []
    const beats = await beatsAtTheEndOf(async () => {
      rows = await run(db, text, count)
    })
    expect(rows).toHaveLength(count)
    expect(beats).toBeGreaterThan(5)
  },
)

test(
  'many answers that arrive together are handed out in parts, between which the event loop turns',
  { tags: 'slow' },
  async () => {
    const { db } = open<any>({ url: ':memory:', threads: 1 })
    await run(db, 'select 1')
    let count = 0
    const beats = await beatsAtTheEndOf(async () => {
      await db.connection().execute(async (connection) => {
        const all = Array.from({ length: 600 }, () =>
          run(connection, `${UP_TO} select i, i + 1 as j from c`, 900),
        )
        for (const rows of await Promise.all(all)) count += rows.length
      })
    })
    expect(count).toBe(540_000)
    expect(beats).toBeGreaterThan(5)
  },
)
