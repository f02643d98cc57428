// @module-tag slow

import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { printInLongRun, scaled, timeout } from '../support/effort.ts'
import { open } from '../support/open.ts'
import { ScriptProcess } from '../support/script-process.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const PROCESSES = 8
const COUNTERS = 3

/** Milliseconds. */
const WINDOW = scaled(1500)
const connectArgs = { timeout }

interface Outcome {
  readonly done: number
  /** The longest that an increment took, with its waiting, in milliseconds. */
  readonly longest: number
  readonly errors: readonly string[]
}

describe.each(['wal', 'delete'])('in journal mode %s', (journal_mode) => {
  test.each([
    ['a QueuePool and a NullPool', [{ poolclass: 'QueuePool' }, { poolclass: 'NullPool' }]],
    [
      'a StaticPool and a SingletonThreadPool in a thread',
      [{ poolclass: 'StaticPool' }, { poolclass: 'SingletonThreadPool', threads: 1 }],
    ],
  ] as const)(
    `${PROCESSES} processes that increment at once, each through %s, lose nothing, and none gets an error`,
    async (what, pools) => {
      const url = join(temporaryDirectory(), 'app.db')
      const common = { url, connectArgs, pragmas: { journal_mode, synchronous: 'off' } }
      const { db } = open({ ...common, poolclass: 'QueuePool' })
      await run(db, 'create table counter (id integer primary key, value)')
      for (let id = 1; id <= COUNTERS; id += 1) await run(db, 'insert into counter values (?, 0)', id)

      const configs = JSON.stringify(pools.map((pool) => ({ ...common, ...pool })))
      const args = [configs, String(COUNTERS), String(WINDOW)]
      const processes = Array.from(
        { length: PROCESSES },
        () => new ScriptProcess('faults/scripts/incrementer.ts', args),
      )
      await Promise.all(processes.map((each) => each.hasPrinted(1)))
      for (const each of processes) each.tell('go')
      const outcomes: Outcome[] = await Promise.all(processes.map((each) => each.result()))
      print(`${what}, journal mode ${journal_mode}`, outcomes)

      expect(outcomes.flatMap(({ errors }) => errors)).toEqual([])
      const [{ total }] = await run(db, 'select sum(value) as total from counter')
      expect(total).toBe(outcomes.reduce((sum, { done }) => sum + done, 0))
    },
    timeout,
  )
})

/** How fair chance was to the processes. */
function print(what: string, outcomes: readonly Outcome[]): void {
  const increments = outcomes.map(({ done }) => done)
  const waits = outcomes.map(({ longest }) => Math.round(longest))
  printInLongRun(`${what}, in ${WINDOW} ms`, {
    increments: { least: Math.min(...increments), most: Math.max(...increments) },
    'longest wait in a process (ms)': { least: Math.min(...waits), most: Math.max(...waits) },
  })
}
