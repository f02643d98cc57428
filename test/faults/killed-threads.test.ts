// @module-tag slow

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scaled, timeout } from '../support/effort.ts'
import { resultOf } from '../support/script-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { expectNoGrowth, printFootprints } from './growth.ts'

const DEATHS = scaled(30, 1000)

test.each([
  ['QueuePool', 'wal'],
  ['NullPool', 'delete'],
  ['StaticPool', 'delete'],
  ['SingletonThreadPool', 'wal'],
])(
  `${DEATHS} deaths of the thread of a %s, in journal mode %s, lose nothing, leave nothing behind, and every query after one works`,
  async (poolclass, journal_mode) => {
    const config = { url: join(temporaryDirectory(), 'app.db'), poolclass, pragmas: { journal_mode } }
    const args = [JSON.stringify(config), String(DEATHS)]
    const { wrong, integrity, footprints } = await resultOf('faults/scripts/killed-threads.ts', args)
    expect(wrong).toEqual([])
    expect(integrity).toBe('ok')
    printFootprints(
      `${DEATHS} deaths of the thread of a ${poolclass}, journal mode ${journal_mode}`,
      footprints,
    )
    expectNoGrowth(footprints)
  },
  timeout,
)
