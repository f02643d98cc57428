import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'
import { onTestFinished, beforeEach, describe, expect, test, vi } from 'vitest'
import { PLACES_FOR_LONG } from '../support/places.ts'
import { resultOf } from '../support/script-process.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { UP_TO } from './creators.ts'

beforeEach(() => {
  // All that Vitest replaces in a child process; the script replaces `nextTick` as well. Nobody moves this clock.
  vi.useFakeTimers({
    toFake: [
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setTimeout',
      'clearTimeout',
      'setInterval',
      'clearInterval',
      'performance',
      'hrtime',
      'Date',
    ],
  })
  onTestFinished(() => void vi.useRealTimers())
})

describe.each([0, 1])('under a clock that stands still, with threads: %i,', (threads) => {
  test.each(PLACES_FOR_LONG.filter(({ poolclass }) => poolclass !== 'AssertionPool'))(
    'a %s does all that it does',
    async (place) => {
      const db = new Kysely<any>({ dialect: new PooledSqliteDialect(place.config({ threads })) })
      await run(db, 'create table t (a)')
      await Promise.all(Array.from({ length: 20 }, (_, n) => run(db, 'insert into t values (?)', n)))
      const transactions = Array.from({ length: 5 }, () =>
        db.transaction().execute(async (trx) => {
          const [{ count }] = await run(trx, 'select count(*) as count from t')
          await run(trx, 'insert into t values (?)', count)
        }),
      )
      await Promise.all(transactions)
      expect(await run(db, 'select count(*) as count, max(a) as last from t')).toEqual([
        { count: 25, last: 24 },
      ])
      let streamed = 0
      for await (const _ of db.selectFrom('t').selectAll().stream(3)) streamed += 1
      expect(streamed).toBe(25)
      expect(await run(db, `${UP_TO} select i, zeroblob(500) as blob from c`, 50_000)).toHaveLength(50_000)
      for (let n = 0; n < 1000; n += 1) await sql`select ${n} as n`.execute(db)
      await db.destroy()
    },
  )
})

describe.each(['before', 'after'])('a clock that was replaced %s the package was loaded', (when) => {
  test.each(['0', '1'])('stops nothing, with threads: %s', async (threads) => {
    const cwd = temporaryDirectory()
    const count = await resultOf('threads/scripts/replaced-clock.ts', [when, threads], { cwd })
    expect(count).toEqual([{ count: 30 }])
  })
})
