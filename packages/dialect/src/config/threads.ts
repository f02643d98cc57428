import { type PoolClass, StaticPool } from '@poolclass/pools'
import { DialectConfigError } from '../errors/config-errors.ts'
import type { SqliteLocation } from '../url/sqlite-location.ts'
import type { CheckedConfig } from './resolved-config.ts'

/** `checkSameThread: false` makes a private memory database with `StaticPool` the one that all threads share. */
export function locationForThreads(
  location: SqliteLocation,
  poolclass: PoolClass,
  checkSameThread: boolean,
): SqliteLocation {
  if (checkSameThread || location.kind !== 'memory' || poolclass !== StaticPool) return location
  return Object.freeze({ kind: 'shared-memory', name: ':memory:' })
}

/** @throws DialectConfigError where what is asked for would be several databases, or cannot travel to another thread. */
export function rejectImpossibleThreads(config: CheckedConfig): void {
  const { location, poolclass, threads, creator, connectArgs } = config
  if (!connectArgs.checkSameThread && location.kind === 'memory') {
    throw new DialectConfigError(
      'connectArgs.checkSameThread',
      `connectArgs.checkSameThread: false shares a memory database between threads only with poolclass: 'StaticPool', not with ` +
        `${poolclass.name}. Set that, or use the URL 'file:app?mode=memory&cache=shared', which means the same.`,
    )
  }
  if (threads > 0 && typeof creator === 'function') {
    throw new DialectConfigError(
      'creator',
      `A function cannot travel to another thread, so threads: ${threads} needs a module. Make the function ` +
        "the default export of a module, and set the module's URL: creator: new URL('./open.js', import.meta.url).",
    )
  }
  if (threads > 1 && (location.kind === 'memory' || location.kind === 'temporary')) {
    throw new DialectConfigError(
      'threads',
      `A ${location.kind} database belongs to one connection, which lives in one thread, so threads: ${threads} would make ` +
        `${threads} databases. Use threads: 1, or a memory database that threads share: 'file:app?mode=memory&cache=shared'.`,
    )
  }
}
