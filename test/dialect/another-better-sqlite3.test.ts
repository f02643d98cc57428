import BetterSqlite3 from 'better-sqlite3'
import { cpSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { type CounterDatabase, createCounters, ids, insert } from '../support/counters.ts'
import { failureOf } from '../support/failure.ts'
import { open } from '../support/open.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const require = createRequire(import.meta.url)

/** Another copy of better-sqlite3, as a second version in `node_modules` is. Its errors are of another class. */
function anotherBetterSqlite3(): typeof BetterSqlite3 {
  const original = realpathSync(dirname(dirname(require.resolve('better-sqlite3'))))
  const copy = join(temporaryDirectory(), 'better-sqlite3')
  const needed = /^(?:$|package\.json|lib|prebuilds|build)/
  cpSync(original, copy, { recursive: true, filter: (path) => needed.test(relative(original, path)) })
  return require(copy) as typeof BetterSqlite3
}

test.each(['NullPool', 'QueuePool', 'StaticPool'] as const)(
  'a lock is waited for on a %s whose creator uses another copy of better-sqlite3',
  async (poolclass) => {
    const Another = anotherBetterSqlite3()
    expect(Another.SqliteError).not.toBe(BetterSqlite3.SqliteError)
    const url = join(temporaryDirectory(), 'app.db')
    const creator = (): BetterSqlite3.Database => new Another(url)
    const { db } = open<CounterDatabase>({ url, driver: 'better-sqlite3', poolclass, creator })
    await createCounters(db)
    const holder = new Another(url)
    onTestFinished(() => void holder.close())
    holder.exec('begin immediate')
    const writing = insert(db, 2)
    await delay(100)
    holder.exec('rollback')
    await writing
    expect(await ids(db)).toEqual([1, 2])

    holder.exec('begin immediate')
    const short = open<CounterDatabase>({
      url,
      driver: 'better-sqlite3',
      poolclass,
      creator,
      connectArgs: { timeout: 50 },
    })
    expect(await failureOf(insert(short.db, 3))).toMatchObject({
      code: 'SQLITE_BUSY',
      message: expect.stringContaining('kept its lock for'),
    })
    holder.exec('rollback')
  },
)
