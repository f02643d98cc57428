import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createCounters, type CounterDatabase, expectAllReturned, ids } from '../support/counters.ts'
import { open } from '../support/open.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Far below the number of those who come at once. */
const A_HANDFUL = 8

test.each([
  ['the calling thread', 0],
  ['a thread', 1],
  ['three threads', 3],
])(
  'a burst of first transactions on a NullPool in %s opens a handful of connections at a time',
  async (_, threads) => {
    const { db, dialect } = open<CounterDatabase>({
      url: join(temporaryDirectory(), 'app.db'),
      poolclass: 'NullPool',
      pragmas: { journal_mode: 'wal', synchronous: 'off' },
      threads,
    })
    const { pool } = dialect
    await createCounters(db)
    let [most, out] = [0, 0]
    const sample = (): void => {
      const { opened, closed, checkedOut } = pool.status()
      most = Math.max(most, opened - closed)
      out = Math.max(out, checkedOut)
    }
    pool.on('connect', sample)
    pool.on('checkout', sample)
    const timer = setInterval(sample, 1)
    const transactions = Array.from({ length: 300 }, (_unused, index) =>
      db.transaction().execute(async (trx) => {
        sample()
        await trx
          .insertInto('counter')
          .values({ id: index + 2, value: 0 })
          .execute()
      }),
    )
    sample()
    await Promise.all(transactions)
    clearInterval(timer)
    expect(await ids(db)).toHaveLength(301)
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(A_HANDFUL)
    expect(out).toBeLessThanOrEqual(A_HANDFUL)
    expectAllReturned(dialect)
  },
)
