import { join } from 'node:path'
import { expect, test } from 'vitest'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { PLACES } from '../support/places.ts'
import { RawLock } from '../support/raw-lock.ts'
import { PlainDatabase } from '../support/plain-database.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** What a query planner needs statistics for: an index that is no key, and rows behind it. */
const SETUP = [
  'create table t (a, b)',
  'create index by_a on t (a)',
  'with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000) insert into t select i % 7, i from n',
]

function hasStatistics(url: string): boolean {
  const database = new PlainDatabase(url)
  try {
    return database.prepare("select 1 from sqlite_schema where name = 'sqlite_stat1'").all().length > 0
  } finally {
    database.close()
  }
}

test.each(PLACES.filter(({ kind }) => kind === 'file'))(
  'with optimize, a connection to a %s leaves statistics behind when it is closed, and without it none',
  async ({ config }) => {
    for (const optimize of [true, false]) {
      const given = config({ optimize })
      const { db } = open(given)
      // oxlint-disable no-await-in-loop -- one after the other is the point
      await db.connection().execute(async (connection) => {
        for (const sql of SETUP) await run(connection, sql)
        await run(connection, 'select count(*) from t where a = 3')
      })
      await db.destroy()
      // oxlint-enable no-await-in-loop
      expect(hasStatistics(String(given.url))).toBe(optimize)
    }
  },
)

test('a lock, a read-only file and memory are no obstacle to closing', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const { db } = open({ url, optimize: true, poolclass: 'QueuePool' })
  for (const sql of SETUP) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is the point
    await run(db, sql)
  }
  const lock = new RawLock(url)
  await db.destroy()
  lock.release()
  expect(hasStatistics(url)).toBe(false)
  const readonly = open({ url: `file:${url}?mode=ro`, optimize: true }).db
  expect(await run(readonly, 'select count(*) as n from t')).toEqual([{ n: 3000 }])
  await readonly.destroy()
  const memory = open({ url: ':memory:', optimize: true }).db
  await run(memory, 'select 1')
  await memory.destroy()
})

test('optimize must be true or false', async () => {
  const opened = Promise.resolve().then(() => open({ url: 'app.db', optimize: 'on' as never }))
  expect(await failureOf(opened)).toMatchObject({ code: 'POOLCLASS_CONFIG', key: 'optimize' })
})
