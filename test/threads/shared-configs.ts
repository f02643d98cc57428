import { randomUUID } from 'node:crypto'
import type { Config } from './scripts/tasks.ts'

export function newSharedUrl(): string {
  return `file:${randomUUID()}?mode=memory&cache=shared`
}

/** Each way to say "one memory database for all threads", with what makes such a config. */
export const SHARED_CONFIGS: readonly (readonly [string, () => Config])[] = [
  ['file:…?mode=memory&cache=shared', newSharedUrl],
  ['file:/…?vfs=memdb', () => `file:/${randomUUID()}?vfs=memdb`],
  [
    ':memory: with StaticPool and checkSameThread: false',
    () => ({ url: ':memory:', poolclass: 'StaticPool', connectArgs: { checkSameThread: false } }),
  ],
]
