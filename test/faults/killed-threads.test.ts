import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { effort, timeout } from './effort.ts'
import { expectNoGrowth } from './growth.ts'
import { ScriptProcess } from './script-process.ts'

const DEATHS = Math.round(60 * Math.min(effort, 17))

test.each([
  ['QueuePool', 'wal'],
  ['NullPool', 'delete'],
  ['SingletonThreadPool', 'wal'],
])(
  `${DEATHS} deaths of the thread of a %s, in journal mode %s, lose nothing, leave nothing behind, and every query after one works`,
  async (poolclass, journal_mode) => {
    const config = { url: join(temporaryDirectory(), 'app.db'), poolclass, pragmas: { journal_mode } }
    const script = new ScriptProcess('killed-threads.ts', JSON.stringify(config), String(DEATHS))
    const { wrong, integrity, before, after } = await script.result()
    expect(wrong).toEqual([])
    expect(integrity).toBe('ok')
    expectNoGrowth(before, after)
  },
  timeout,
)
