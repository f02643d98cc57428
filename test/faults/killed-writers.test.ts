import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import * as fc from 'fast-check'
import { Kysely } from 'kysely'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { isQuickRun, printInLongRun, scaled, timeout } from '../support/effort.ts'
import { ScriptProcess } from '../support/script-process.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const KILLS = scaled(6)

/** Their rows take more pages than the cache has: a transaction is written to the file before it is committed. */
const ROWS = 60
const pragmas = { cache_size: 5 }

const moment = fc.noBias(
  fc.record({
    acknowledgements: fc.integer({ min: 0, max: 10 }),
    milliseconds: fc.integer({ min: 0, max: 8 }),
  }),
)

async function withDatabase<T>(
  config: PooledSqliteDialectConfig,
  use: (db: Kysely<any>) => Promise<T>,
): Promise<T> {
  const db = new Kysely<any>({ dialect: new PooledSqliteDialect(config) })
  try {
    return await use(db)
  } finally {
    await db.destroy()
  }
}

async function create(db: Kysely<any>): Promise<void> {
  await run(db, 'create table log (number, part, primary key (number, part))')
  await run(db, 'create table state (number, filler)')
  for (let row = 0; row < ROWS; row += 1) {
    await run(db, "insert into state values (0, printf('%01000d', 0))")
  }
}

/** The number of the last transaction in the database, once it is sure that all are there, and all of each. */
async function lastWhole(db: Kysely<any>): Promise<number> {
  expect(await run(db, 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }])
  const states = await run(db, 'select number, count(*) as count from state group by number')
  expect(states).toHaveLength(1)
  const [{ number, count }] = states
  expect(count).toBe(ROWS)
  const [log] = await run(
    db,
    'select count(*) as count, count(distinct number) as numbers, coalesce(max(number), 0) as last from log',
  )
  expect(log).toEqual({ count: number * 3, numbers: number, last: number })
  return number
}

const POOLS = [
  ['a QueuePool', { poolclass: 'QueuePool' }, ''],
  ['a NullPool', { poolclass: 'NullPool' }, ''],
  ['a SingletonThreadPool in a thread', { poolclass: 'SingletonThreadPool', threads: 1 }, ''],
  ['a QueuePool that has the file alone', { poolclass: 'QueuePool' }, '?vfs=unix-excl'],
] as const

describe.each(['wal', 'delete'])('in journal mode %s', (journal_mode) => {
  test.each(isQuickRun ? [POOLS[journal_mode === 'wal' ? 0 : 1]] : POOLS)(
    'a process that writes through %s and is killed loses no transaction that it acknowledged, leaves none half done, and holds up nobody',
    async (what, pool, query) => {
      const url = `file:${join(temporaryDirectory(), 'app.db')}${query}`
      const config = { ...pool, url, pragmas: { journal_mode, ...pragmas } }
      await withDatabase(config, create)
      let last = 0
      let acknowledgedInAll = 0
      for (const { acknowledgements, milliseconds } of fc.sample(moment, {
        seed: 20_261_120,
        numRuns: KILLS,
      })) {
        const writer = new ScriptProcess('faults/scripts/writer.ts', [JSON.stringify(config)])
        await writer.hasPrinted(1 + acknowledgements)
        await delay(milliseconds)
        await writer.kill()
        const acknowledged = last + writer.lines.length - 1
        acknowledgedInAll += acknowledged - last
        last = await withDatabase(config, lastWhole)
        expect([acknowledged, acknowledged + 1]).toContain(last)
      }

      const next = new ScriptProcess('faults/scripts/writer.ts', [JSON.stringify(config)])
      await next.hasPrinted(1 + 3)
      next.tell('stop')
      expect(await next.result()).toBe(await withDatabase(config, lastWhole))
      printInLongRun(`${what}, journal mode ${journal_mode}`, {
        kills: KILLS,
        acknowledged: acknowledgedInAll,
        'committed before its acknowledgement': last - acknowledgedInAll,
      })
    },
    timeout,
  )
})
