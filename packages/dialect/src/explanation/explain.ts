import { type Pool, type PoolableConnection, PoolError } from '@poolclass/pools'
import { checkConfig } from '../config/check-config.ts'
import type { PooledSqliteDialectConfig } from '../config/dialect-config.ts'
import { newPool } from '../config/new-pool.ts'
import type { CheckedConfig } from '../config/resolved-config.ts'
import { DialectError } from '../errors/dialect-error.ts'
import { SqliteUrlError } from '../errors/url-errors.ts'
import { parseSqliteUrl } from '../url/parse-sqlite-url.ts'
import { poolClassFor } from '../url/pool-class-for.ts'
import type { SqliteLocation } from '../url/sqlite-location.ts'
import type { ExplainedError, ExplainedPool, Explanation } from './explanation.ts'
import { filesOf, locksOf, openingOf, otherProcessOf, otherThreadOf, whyPoolClass } from './of-location.ts'
import { sqlalchemyOf } from './sqlalchemy.ts'

/**
 * Says what a URL or a config means, without opening anything: what it opens, the pool class and why, which files appear,
 * what another thread and another process see, what SQLAlchemy does with the URL, and the error if there is one.
 *
 * ```ts
 * explain(':memory:').pool?.name // 'SingletonThreadPool'
 * ```
 *
 * It never throws for a config that cannot work. `@poolclass/dialect/explain` has it without SQLite and without Node.js, for
 * browsers. There, pool classes have to be given by name.
 *
 * @param config As for `PooledSqliteDialect`.
 */
export function explain(config: string | URL | PooledSqliteDialectConfig): Explanation {
  const named = ofUrl(urlOf(config))
  try {
    const checked = checkConfig(config)
    const pool = newPool(checked, neverOpens)
    const { location } = checked
    return {
      ...named,
      location,
      opens: openingOf(location, checked.connectArgs),
      onDisk: filesOf(checked),
      pool: poolOf(checked, pool),
      locks: locksOf(checked, pool.capacity),
      otherThread: otherThreadOf(location),
      otherProcess: otherProcessOf(location),
    }
  } catch (error) {
    return { ...named, error: errorOf(error) }
  }
}

function urlOf(config: string | URL | PooledSqliteDialectConfig): unknown {
  return typeof config === 'object' && config !== null && 'url' in config ? config.url : config
}

/** What the URL alone says. */
function ofUrl(url: unknown): Explanation {
  try {
    const location = parseSqliteUrl(url as string | URL)
    return {
      location,
      opens: openingOf(location),
      sqlalchemy: sqlalchemyOf(String(url), location),
      otherThread: otherThreadOf(location),
      otherProcess: otherProcessOf(location),
    }
  } catch {
    return {}
  }
}

function poolOf(config: CheckedConfig, pool: Pool<PoolableConnection>): ExplainedPool {
  const { poolclass, poolclassChosenBy, location, threads } = config
  const { size } = pool.status()
  const kept = size === 0 && poolclass.name !== 'NullPool' ? null : Math.min(size, pool.capacity)
  return {
    name: poolclass.name,
    chosenBy: poolclassChosenBy,
    because: poolclassChosenBy === 'url' ? whyPoolClass(location) : chosenByConfig(location),
    connections: finite(pool.capacity),
    kept: kept === null ? null : finite(kept),
    policy: POLICIES[poolclass.name] ?? 'It is a class of your own.',
    threads,
  }
}

function chosenByConfig(location: SqliteLocation): string {
  return `The config says so. The URL alone would choose ${poolClassFor(location).name}.`
}

/** JSON has no Infinity. */
function finite(count: number): number | null {
  return count === Infinity ? null : count
}

function errorOf(error: unknown): ExplainedError {
  if (!(error instanceof PoolError) && !(error instanceof DialectError)) throw error
  const { name, code, message, docs } = error
  const didYouMean = error instanceof SqliteUrlError ? error.didYouMean : undefined
  return { name, code, message, docs, ...(didYouMean === undefined ? {} : { didYouMean }) }
}

const POLICIES: Readonly<Record<string, string>> = {
  SingletonThreadPool:
    'One connection for each thread, open for ever. One task uses it at a time, the others wait in line.',
  StaticPool: 'One connection, open for ever. One task uses it at a time, the others wait in line.',
  NullPool: 'Each checkout opens a connection, each check-in closes it. Nothing stays prepared.',
  QueuePool:
    'Connections stay open when they come back. Under load there are more for a while. When all are out, tasks wait in line.',
  GenericPool: 'Connections open with the load, and close when they have been idle for long.',
  AssertionPool: 'One connection. A second checkout throws, with the stack of the first.',
}

function neverOpens(): never {
  throw new Error('bug: an explanation opens nothing')
}
