import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import BetterSqlite3 from 'better-sqlite3'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hasWalReset } from '../../packages/dialect/src/drivers/wal-reset-bug.ts'
import { open } from '../support/open.ts'
import { onEachOf } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { collectWarnings } from '../support/warnings.ts'

test.each([
  ['3.7.17', true],
  ['3.44.5', true],
  ['3.44.6', false],
  ['3.45.0', true],
  ['3.50.2', true],
  ['3.50.7', false],
  ['3.51.2', true],
  ['3.51.3', false],
  ['3.53.4', false],
] as const)('whether SQLite %s has the WAL reset bug: %s', (version, has) => {
  expect(hasWalReset(version)).toBe(has)
})

/** A file whose connections say that their SQLite has this version. */
function fileOf(version: string, journal_mode: string): PooledSqliteDialectConfig {
  return {
    driver: 'better-sqlite3',
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'QueuePool',
    pragmas: { journal_mode },
    threads: 0,
    creator: (_, { filename, options }) =>
      new BetterSqlite3(filename, options).function('sqlite_version', () => version),
  }
}

test('several connections in WAL mode with the bug get one warning, which names both versions', async () => {
  const warnings = collectWarnings('POOLCLASS_WAL_RESET')
  const configs = [
    [fileOf('3.53.4', 'wal'), 3],
    [fileOf('3.50.2', 'delete'), 3],
    [fileOf('3.50.2', 'wal'), 1],
  ] as const
  for (const [config, count] of configs) await onEachOf(open(config).db, count, 'select 1')
  await new Promise(setImmediate)
  expect(warnings).toEqual([])
  for (let n = 0; n < 2; n += 1) await onEachOf(open(fileOf('3.50.2', 'wal')).db, 3, 'select 1')
  await new Promise(setImmediate)
  expect(warnings).toHaveLength(1)
  expect(warnings[0]!.message).toMatch(
    /^SQLite 3\.50\.2 can corrupt .* SQLite 3\.51\.3 mends.*newer better-sqlite3/,
  )
})
