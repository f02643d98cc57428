import {
  type Creator,
  type Pool,
  type PoolableConnection,
  PoolOptionError,
  QueuePool,
} from '@poolclass/pools'
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
      error.message += cureOf(error.option, config)
    }
    throw error
  }
}

/** Empty where the value is at fault, because no other pool class takes that either. */
function cureOf(option: string, { location, poolclass }: PoolConfig): string {
  if (poolclass.takes.includes(option)) return ''
  if (isPrivate(location))
    return ` Leave ${option} out, because a ${location.kind} database has one connection.`
  const taker = QueuePool.takes.includes(option) ? 'QueuePool' : 'GenericPool'
  return ` The URL chose ${poolclass.name}. Set poolclass: '${taker}', which takes ${option}.`
}

/** A private database and several connections make several databases. */
function rejectSeveralMemories({ location, poolclass }: PoolConfig, capacity: number): void {
  if (!isPrivate(location) || capacity === 1) return
  const several = capacity === Infinity ? 'any number' : `up to ${capacity}`
  throw new DialectConfigError(
    'poolclass',
    `A ${location.kind} database belongs to one connection, and ${poolclass.name} has ${several}, so each would have an empty ` +
      'database of its own. Use SingletonThreadPool or StaticPool, or a memory database that connections share: ' +
      "'file:app?mode=memory&cache=shared'.",
  )
}

function isPrivate({ kind }: CheckedConfig['location']): boolean {
  return kind === 'memory' || kind === 'temporary'
}
