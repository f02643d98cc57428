import { type Creator, type Pool, type PoolableConnection, PoolOptionError } from '@poolclass/pools'
import { DialectConfigError } from '../errors/config-errors.ts'
import type { CheckedConfig } from './resolved-config.ts'

type PoolConfig = Pick<CheckedConfig, 'location' | 'poolclass' | 'poolclassChosenBy' | 'poolOptions'>

/**
 * The pool of a config, which opens nothing yet.
 *
 * @throws PoolOptionError for an option that the pool class does not take; DialectConfigError where a private database would
 *   be several.
 */
export function newPool<C extends PoolableConnection>(config: PoolConfig, creator: Creator<C>): Pool<C> {
  const { poolclass, poolclassChosenBy, poolOptions } = config
  try {
    const pool = new poolclass<C>(creator, poolOptions)
    rejectSeveralMemories(config, pool.capacity)
    return pool
  } catch (error) {
    if (error instanceof PoolOptionError && poolclassChosenBy === 'url') {
      error.message += ` The URL chose ${poolclass.name}: choose another one with poolclass.`
    }
    throw error
  }
}

/** A private database and several connections make several databases. */
function rejectSeveralMemories({ location, poolclass }: PoolConfig, capacity: number): void {
  if ((location.kind !== 'memory' && location.kind !== 'temporary') || capacity === 1) return
  const several = capacity === Infinity ? 'any number' : `up to ${capacity}`
  throw new DialectConfigError(
    'poolclass',
    `A ${location.kind} database belongs to one connection, and ${poolclass.name} lends ${several}: each would be another, ` +
      'empty database. Use SingletonThreadPool or StaticPool, or a memory database that connections share: ' +
      "'file:app?mode=memory&cache=shared'.",
  )
}
