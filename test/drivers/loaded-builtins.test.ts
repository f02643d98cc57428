import { expect, test } from 'vitest'
import { resultOf } from '../support/script-process.ts'

const SELDOM_NEEDED = new Set([
  'http',
  'https',
  'tls',
  'crypto',
  'internal/deps/undici/undici',
  'worker_threads',
  'stream',
  'internal/fs/promises',
  'internal/util/parse_args/parse_args',
])

test('a query in memory loads nothing for servers, threads, backups or a GenericPool', async () => {
  const { builtins, packages } = await resultOf('drivers/scripts/loaded-builtins.ts', [], { node: [] })
  expect(builtins).toContain('async_hooks')
  expect(builtins.filter((name: string) => SELDOM_NEEDED.has(name))).toEqual([])
  expect(packages).toEqual(['better-sqlite3'])
})
