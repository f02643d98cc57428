import { DialectConfigError } from '../errors/config-errors.ts'
import { parseSqliteUrl } from '../url/parse-sqlite-url.ts'
import { checkConfig } from './check-config.ts'
import type { PooledSqliteDialectConfig } from './dialect-config.ts'
import { isReadOnly } from './read-only.ts'
import type { CheckedConfig } from './resolved-config.ts'
import { DEFAULT_WAL_LIMIT } from './wal-limit.ts'

type Overrides = Omit<PooledSqliteDialectConfig, 'url'>

/**
 * The config that a server on a file wants, as a plain object that can be printed. `docs/production.md` has the reason for each line.
 *
 * ```ts
 * const config = serverConfig('app.db', { poolSize: 10, pragmas: { cache_size: '64MB' } })
 * console.log(config)
 * const db = new Kysely<Database>({ dialect: new PooledSqliteDialect(config) })
 * ```
 *
 * @param overrides Any key of a config, instead of the one here or beside it. `connectArgs` and `pragmas` are merged by their keys.
 * @throws DialectConfigError for a URL that names no file, and as the constructor of `PooledSqliteDialect` does; SqliteUrlError.
 */
export function serverConfig(url: string | URL, overrides: Overrides = {}): PooledSqliteDialectConfig {
  const { kind } = parseSqliteUrl(url)
  if (kind !== 'file') {
    throw new DialectConfigError(
      'url',
      `serverConfig() is for a database file, but the URL names a ${kind} database. Pass the URL to new PooledSqliteDialect().`,
    )
  }
  const { connectArgs, pragmas, ...others } = overrides
  const config: PooledSqliteDialectConfig = {
    url: String(url),
    ...DEFAULTS,
    ...queuePoolSizes(overrides),
    ...given(others),
    connectArgs: { ...CONNECT_ARGS, ...given(connectArgs ?? {}) },
    pragmas: { ...PRAGMAS, ...given(pragmas ?? {}) },
  }
  return withWal(config, checkConfig(config))
}

/** With what only makes sense where there can be a WAL, and where this dialect makes its checkpoints. */
function withWal(config: PooledSqliteDialectConfig, checked: CheckedConfig): PooledSqliteDialectConfig {
  const { location, walLimit } = checked
  const isWithoutLocks = location.kind === 'file' && location.nolock === true
  const { url, ...others } = config
  return {
    url,
    ...(walLimit === DEFAULT_WAL_LIMIT && { walLimit: '64MB' }),
    ...(!isReadOnly(checked) && { optimize: true }),
    ...others,
    pragmas: isReadOnly(checked) || isWithoutLocks ? config.pragmas : { ...WAL_PRAGMAS, ...config.pragmas },
  }
}

/** Other classes do not take them. */
function queuePoolSizes({ poolclass }: Overrides): Partial<PooledSqliteDialectConfig> {
  return (poolclass ?? 'QueuePool') === 'QueuePool'
    ? { poolSize: 5, maxOverflow: 10, poolTimeout: 10_000 }
    : {}
}

function given<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>
}

const DEFAULTS: Overrides = {
  poolclass: 'QueuePool',
  poolRecycle: 3_600_000,
  transactionTimeout: 30_000,
  statementTimeout: 30_000,
  slowQueryThreshold: 1000,
}

const CONNECT_ARGS = { timeout: 5000 } as const

const PRAGMAS = { foreign_keys: true } as const

const WAL_PRAGMAS = { journal_mode: 'wal', synchronous: 'normal' } as const
