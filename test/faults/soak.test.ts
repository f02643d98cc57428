import { expect, test, vi } from 'vitest'
import { isLongRun, scaled, timeout } from '../support/effort.ts'
import { open } from '../support/open.ts'
import { PLACES } from '../support/places.ts'
import { resultOf } from '../support/script-process.ts'
import { run } from '../support/statements.ts'
import { expectNoGrowth, printFootprints } from './growth.ts'

const QUERIES = scaled(10_000)

test.each(PLACES.filter(({ kind }) => kind !== 'memory'))(
  'a process that goes on with its queries on a %s does not grow, with and without a thread',
  { tags: 'slow', timeout },
  async (place) => {
    const { config, poolclass } = place
    const [queries, atOnce] = [
      // Most of what a query costs there is opening the database.
      poolclass === 'NullPool' && !isLongRun ? QUERIES / 10 : QUERIES,
      poolclass === 'AssertionPool' ? 1 : 8,
    ]
    const outcomes = [0, 1].map((threads) => {
      const args = [JSON.stringify(config({ threads })), String(queries), String(atOnce)]
      return resultOf('faults/scripts/soak.ts', args)
    })
    const results = await Promise.all(outcomes)
    results.forEach(({ footprints }, threads) =>
      printFootprints(`${queries} queries, ${String(place)}, threads: ${threads}`, footprints),
    )
    for (const { footprints, lost } of results) {
      expectNoGrowth(footprints)
      expect(lost).toBe(0)
    }
  },
)

test.each(PLACES)(
  'queries that are awaited one after the other on a %s let the event loop turn, which frees the memory of their statements',
  async ({ config }) => {
    const { db } = open(config({ threads: 0 }))
    const turned = vi.fn<() => void>()
    await run(db, 'select 0')
    setImmediate(turned)
    for (let n = 1; n <= 1000 && turned.mock.calls.length === 0; n += 1) await run(db, `select ${n}`)
    expect(turned).toHaveBeenCalled()
  },
)
