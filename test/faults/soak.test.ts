import { expect, test } from 'vitest'
import { PLACES } from '../support/places.ts'
import { effort, timeout } from './effort.ts'
import { expectNoGrowth } from './growth.ts'
import { ScriptProcess } from './script-process.ts'

const QUERIES = Math.round(20_000 * effort)

test.each(PLACES.filter(({ kind }) => kind !== 'memory'))(
  'a process that goes on with its queries on a %s does not grow, with and without a thread',
  async ({ config, poolclass }) => {
    const [queries, atOnce] = [
      // Most of what a query costs there is opening the database.
      poolclass === 'NullPool' ? QUERIES / 10 : QUERIES,
      poolclass === 'AssertionPool' ? 1 : 8,
    ]
    const outcomes = [0, 1].map((threads) => {
      const args = [JSON.stringify(config({ threads })), String(queries), String(atOnce)]
      return new ScriptProcess('soak.ts', ...args).result()
    })
    for (const { before, after, lost } of await Promise.all(outcomes)) {
      expectNoGrowth(before, after)
      expect(lost).toBe(0)
    }
  },
  timeout,
)
