// @module-tag slow

import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { printInLongRun, scaled, timeout } from '../support/effort.ts'
import { open } from '../support/open.ts'
import { ScriptProcess } from '../support/script-process.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const READERS = 2
const WRITERS = 3
const ROUNDS = scaled(2)

/** FAULTS_SEED=n: another one, such as that of a failure. */
const SEED = Number(process.env['FAULTS_SEED'] ?? 20_261_121)

/** Milliseconds. */
const ROUND = 2000

/** As many as a writer has under way at once. */
const UNDER_WAY = 6

const isDone = (line: string): boolean => line === 'done'

async function create(config: { url: string; pragmas: object }): Promise<void> {
  const { db } = open({ ...config, threads: 0 } as { url: string })
  await run(db, 'create table counter (id integer primary key, value)')
  await run(db, 'insert into counter values (1, 0), (2, 0), (3, 0)')
  await db.destroy()
}

describe.each(['delete', 'persist', 'wal'])(
  'in journal mode %s, beside processes that read all the time,',
  (journal_mode) => {
    test(
      'whatever processes write through whatever pools is all there, nobody gets an error, and who is killed keeps no lock',
      async () => {
        const table: object[] = []
        for (let round = 0; round < ROUNDS; round += 1) {
          // oxlint-disable no-await-in-loop -- round by round
          const seed = SEED + round
          const url = join(temporaryDirectory(), 'app.db')
          const common = { url, pragmas: { journal_mode, synchronous: 'off' }, connectArgs: { timeout } }
          await create(common)
          const pools = JSON.stringify([
            { ...common, poolclass: 'NullPool', transactionMode: 'exclusive' },
            { ...common, poolclass: 'QueuePool', transactionMode: 'deferred' },
            { ...common, poolclass: 'SingletonThreadPool', transactionMode: 'deferred', threads: 1 },
          ])
          const readers = Array.from(
            { length: READERS },
            () => new ScriptProcess('concurrency/scripts/read-all-the-time.ts', [url]),
          )
          await Promise.all(readers.map((reader) => reader.hasPrinted(1)))
          const writers = Array.from(
            { length: WRITERS },
            (_, n) =>
              new ScriptProcess('faults/scripts/contending-writer.ts', [
                pools,
                String(seed * 10 + n),
                String(ROUND),
              ]),
          )
          const killed = writers[seed % WRITERS]!
          await killed.hasPrinted(1)
          await delay((seed * 7) % 500)
          await killed.kill()
          const others = writers.filter((writer) => writer !== killed)
          const errors = await Promise.all(others.map((writer) => writer.result()))
          for (const reader of readers) reader.tell('end')
          await Promise.all(readers.map((reader) => reader.ended()))

          expect(errors.flat(), `seed ${seed}`).toEqual([])
          const { db } = open({ ...common, threads: 0 })
          const [{ total }] = await run(db, 'select sum(value) as total from counter')
          const acknowledged = writers.flatMap((writer) => writer.lines).filter(isDone).length
          expect(total, `seed ${seed}`).toBeGreaterThanOrEqual(acknowledged)
          expect(total, `seed ${seed}`).toBeLessThanOrEqual(acknowledged + UNDER_WAY)
          expect(await run(db, 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }])
          await db.destroy()
          const left = readdirSync(dirname(url)).filter((file) => file !== basename(url))
          expect(left).toEqual(journal_mode === 'persist' ? [`${basename(url)}-journal`] : [])
          table.push({ seed, acknowledged, total })
          // oxlint-enable no-await-in-loop
        }
        printInLongRun(`increments in journal mode ${journal_mode}`, table)
      },
      timeout,
    )
  },
)
