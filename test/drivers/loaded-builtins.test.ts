import { expect, test } from 'vitest'
import { resultOf } from '../support/script-process.ts'

test('a program that uses no server loads nothing for servers', async () => {
  const loaded: string[] = await resultOf('drivers/scripts/loaded-builtins.ts')
  expect(loaded).toContain('async_hooks')
  const ofServers = new Set(['http', 'https', 'tls', 'crypto', 'internal/deps/undici/undici'])
  expect(loaded.filter((name) => ofServers.has(name))).toEqual([])
})
