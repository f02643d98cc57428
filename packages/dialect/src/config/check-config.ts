import {
  AssertionPool,
  GenericPool,
  NullPool,
  Pool,
  POOL_OPTION_NAMES,
  type PoolClass,
  type PoolOptions,
  QueuePool,
  SingletonThreadPool,
  StaticPool,
} from '@poolclass/pools'
import { didYouMean } from '@poolclass/pools/did-you-mean'
import { describe } from '../describe.ts'
import type { DriverName } from '../drivers/driver-traits.ts'
import { DRIVER_TRAITS, type DriverTraits } from '../drivers/driver-traits.ts'
import { DialectConfigError } from '../errors/config-errors.ts'
import { isUrl, parseSqliteUrl } from '../url/parse-sqlite-url.ts'
import { poolClassFor } from '../url/pool-class-for.ts'
import type { SqliteLocation } from '../url/sqlite-location.ts'
import { rejectContradictions, resolveConnectArgs } from './connect-args.ts'
import type {
  PoolClasses,
  PoolClassName,
  PooledSqliteDialectConfig,
  TransactionMode,
} from './dialect-config.ts'
import { checkExtensions } from './extensions.ts'
import { checkKey } from './key.ts'
import { rejectUnknownKeys } from './known-keys.ts'
import { resolveLimits } from './limits.ts'
import { boolean, functionOrNothing, orMeant, wholeNumber } from './option-checks.ts'
import { resolvePragmas } from './pragmas.ts'
import type { CheckedConfig } from './resolved-config.ts'
import { rejectWhatServersLack, resolveServerOptions } from './server-args.ts'
import { locationForThreads, rejectImpossibleThreads } from './threads.ts'
import { rareAutocheckpoint, resolveWalLimit } from './wal-limit.ts'

/**
 * Checks a config and fills in the defaults. It knows nothing of this process, so it runs in a browser too.
 *
 * @throws DialectConfigError for an unknown key, a value that makes no sense, or options that exclude each other.
 * @throws SqliteUrlError for a URL that names no SQLite database.
 */
export function checkConfig(given: string | URL | PooledSqliteDialectConfig): CheckedConfig {
  const config = typeof given === 'string' || isUrl(given) ? { url: given } : given
  if (typeof config !== 'object' || config === null) {
    throw new DialectConfigError(
      '',
      `The config must be a URL or an object with a url, not ${describe(config)}.`,
    )
  }
  rejectUnknownKeys(config)
  if (config.url === undefined || config.url === null) {
    throw new DialectConfigError(
      'url',
      "The config needs a url, such as ':memory:', 'app.db' or 'file:app.db?mode=ro'.",
    )
  }
  const connectArgs = resolveConnectArgs(config.connectArgs)
  const parsed = parseSqliteUrl(config.url)
  const driver = resolveDriver(config.driver, parsed)
  rejectWhatServersLack(config, parsed)
  const chosen = resolvePoolClass(config.poolclass)
  const poolclass = chosen ?? poolClassFor(parsed)
  const threads = wholeNumber('threads', config.threads ?? 0, 'worker threads')
  const location = locationForThreads(parsed, poolclass, connectArgs.checkSameThread)
  const pragmas = resolvePragmas(config.pragmas ?? {}, location, driver)
  const walLimit = resolveWalLimit(config.walLimit, location, connectArgs, pragmas)
  const checked: CheckedConfig = {
    driver,
    location,
    poolclass,
    poolclassChosenBy: chosen === undefined ? 'url' : 'config',
    poolOptions: { ...poolOptionsOf(config), ...connectionPerThread(config, poolclass, threads) },
    connectArgs,
    server: resolveServerOptions(config, location),
    pragmas,
    autocheckpoint: rareAutocheckpoint(pragmas, walLimit, config.creator),
    extensions: checkExtensions(config.extensions),
    key: (config.key ?? undefined) === undefined ? undefined : checkKey(config.key, location, driver),
    transactionMode: resolveTransactionMode(config.transactionMode),
    limits: resolveLimits(config),
    optimize: boolean('optimize', config.optimize ?? false),
    walLimit,
    threads,
    creator: isUrl(config.creator) ? config.creator : functionOrNothing('creator', config.creator),
    onCreateConnection: functionOrNothing('onCreateConnection', config.onCreateConnection),
  }
  rejectContradictions(config.connectArgs, location)
  rejectClosedMemory(checked)
  rejectImpossibleThreads(checked)
  return checked
}

function resolveDriver(given: unknown, location: SqliteLocation): DriverTraits {
  const isServer = location.kind === 'server'
  if (given === undefined || given === null)
    return DRIVER_TRAITS[isServer ? 'libsql-server' : 'better-sqlite3']
  if (typeof given === 'string' && Object.hasOwn(DRIVER_TRAITS, given)) {
    const driver = DRIVER_TRAITS[given as DriverName]
    if (driver.isForServers === isServer) return driver
    throw new DialectConfigError(
      'driver',
      isServer
        ? `The driver ${driver.name} opens databases in this process, but the URL names a server. Leave driver out.`
        : `The driver ${driver.name} connects to servers, such as 'libsql://host', but the URL names a ${location.kind} database. Leave driver out.`,
    )
  }
  const names = Object.keys(DRIVER_TRAITS)
  const near = typeof given === 'string' ? didYouMean(given, names) : undefined
  throw new DialectConfigError(
    'driver',
    `driver must be the name of a driver, not ${describe(given)}${orMeant(near)} The names are ${names.join(', ')}.`,
  )
}

function resolvePoolClass(given: unknown): PoolClass | undefined {
  if (given === undefined || given === null) return undefined
  if (typeof given === 'function' && given.prototype instanceof Pool) return given as PoolClass
  if (typeof given === 'string' && Object.hasOwn(POOL_CLASSES, given))
    return POOL_CLASSES[given as PoolClassName]
  const names = Object.keys(POOL_CLASSES)
  const near = typeof given === 'string' ? poolClassMeant(given, names) : undefined
  throw new DialectConfigError(
    'poolclass',
    `poolclass must be a pool class or the name of one, not ${describe(given)}${orMeant(near)} ` +
      `The names are ${names.join(', ')}. A class of your own must extend Pool.`,
  )
}

/** SQLAlchemy's `AsyncAdaptedQueuePool` means `QueuePool`: every pool here is asynchronous. */
function poolClassMeant(given: string, names: readonly string[]): string | undefined {
  return names.find((name) => given.endsWith(name)) ?? didYouMean(given, names)
}

/** Null means the default, except for `poolResetOnReturn`, where it is a value, as in SQLAlchemy. */
function poolOptionsOf(config: PooledSqliteDialectConfig): PoolOptions {
  return Object.fromEntries(
    POOL_OPTION_NAMES.map((key) => [
      key,
      key === 'poolResetOnReturn' ? config[key] : (config[key] ?? undefined),
    ]),
  )
}

/** A `SingletonThreadPool` has one connection for each thread that opens connections, and the config says their number once. */
function connectionPerThread(
  { poolSize }: PooledSqliteDialectConfig,
  poolclass: PoolClass,
  threads: number,
): PoolOptions {
  if (!isA(poolclass, SingletonThreadPool)) return {}
  if (poolSize === undefined || poolSize === null) return { poolSize: Math.max(1, threads) }
  throw new DialectConfigError(
    'poolSize',
    `${poolclass.name} has one connection for each thread, so poolSize: ${describe(poolSize)} has no effect. Set threads, or ` +
      "use poolclass: 'QueuePool' for several connections in one thread.",
  )
}

function isA(poolclass: PoolClass, kind: PoolClass): boolean {
  return poolclass === kind || poolclass.prototype instanceof kind
}

function resolveTransactionMode(given: unknown): TransactionMode {
  if (given === undefined || given === null) return 'immediate'
  if (TRANSACTION_MODES.includes(given as TransactionMode)) return given as TransactionMode
  throw new DialectConfigError(
    'transactionMode',
    `transactionMode must be 'deferred', 'immediate' or 'exclusive', not ${describe(given)}.`,
  )
}

function rejectClosedMemory({ location, poolclass, poolOptions: { poolRecycle } }: CheckedConfig): void {
  if (location.kind !== 'memory' && location.kind !== 'temporary') return
  if (isA(poolclass, GenericPool)) {
    throw new DialectConfigError(
      'poolclass',
      `A ${location.kind} database dies with its connection, so ${poolclass.name} would empty it when it closes an idle connection. ` +
        'Use SingletonThreadPool or StaticPool, or a memory database that outlives its connections: ' +
        "'file:app?mode=memory&cache=shared'.",
    )
  }
  if ((poolRecycle ?? -1) === -1) return
  throw new DialectConfigError(
    'poolRecycle',
    `A ${location.kind} database dies with its connection, so poolRecycle: ${poolRecycle} would empty it. Leave poolRecycle out.`,
  )
}

/** The pool classes by name, for a config in JSON. */
const POOL_CLASSES: PoolClasses = {
  SingletonThreadPool,
  StaticPool,
  NullPool,
  QueuePool,
  GenericPool,
  AssertionPool,
}

const TRANSACTION_MODES = ['deferred', 'immediate', 'exclusive'] as const
