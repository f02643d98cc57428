import type { PoolListeners } from './events/pool-events.ts'
import type { PoolableConnection } from './poolable-connection.ts'

/**
 * The options of the pool classes, named as in SQLAlchemy's `create_engine`. Times are milliseconds. `undefined` means the default.
 *
 * Each pool class takes some of them (its static `takes`). The others, and invalid values, are a `PoolOptionError`.
 */
export interface PoolOptions {
  /** Tells the pool apart from others: in its status, errors and warnings, and as `db.client.connection.pool.name` in metrics. Default: none. */
  poolName?: string | undefined

  /**
   * Listeners to the pool's events, as `pool.on()` puts them on: `{ connect: setUp, checkout: [count, look] }`. Default: none.
   */
  poolEvents?: PoolListeners<PoolableConnection> | undefined

  /**
   * `QueuePool`: number of connections that stay open when idle. 0: no limit. Default 5. At most `poolSize + maxOverflow` are open.
   *
   * `SingletonThreadPool`: number of threads where the creator opens connections, one in each. Default 1.
   */
  poolSize?: number | undefined

  /**
   * Number of connections beyond `poolSize` that may open under load. The pool closes them soon after their check-in.
   * -1: no limit. Default 10. Taken by `QueuePool`.
   */
  maxOverflow?: number | undefined

  /**
   * Lend the connection that came back last. Its caches are the warmest, and extra connections stay unused. false: lend the one that
   * was idle longest. Default true. Taken by `QueuePool` and `GenericPool`.
   */
  poolUseLifo?: boolean | undefined

  /**
   * Longest wait of a checkout for a free connection, in milliseconds. Then the checkout fails with a `PoolTimeoutError`.
   * 0: no wait. Infinity: no limit. Default 30 000. Taken by `SingletonThreadPool`, `StaticPool`, `QueuePool` and `GenericPool`.
   *
   * The time that the creator takes to open a connection does not count.
   */
  poolTimeout?: number | undefined

  /** Age in milliseconds after which a connection is replaced at its next checkout. -1: never. Default -1. */
  poolRecycle?: number | undefined

  /** Calls the connection's `ping()` at each checkout, and replaces the connection when that fails. Default false. */
  poolPrePing?: boolean | undefined

  /**
   * How a check-in ends an open transaction: 'rollback' and 'commit' call the connection's method of that name. null calls
   * neither, and leaves the transaction to the next borrower. As in SQLAlchemy, true means 'rollback', and false null.
   * Default 'rollback'.
   */
  poolResetOnReturn?: 'rollback' | 'commit' | boolean | null | undefined

  /**
   * Milliseconds after which a checkout that is still out is reported by a warning of the process (`POOL_LEAK`), with the place in
   * the code where it was made. Its end is reported too. 0: never. Default 0.
   *
   * To note each place takes some microseconds for each checkout.
   */
  leakDetectionThreshold?: number | undefined

  /** Number of connections that stay open after the first checkout, even when idle. Default 0. Taken by `GenericPool`. */
  min?: number | undefined

  /** Largest number of open connections. Default 10. Taken by `GenericPool`. */
  max?: number | undefined

  /**
   * Idle time in milliseconds after which the evictor closes a connection, in the next run that tests it. Infinity: never.
   * Default 30 000. Taken by `GenericPool`.
   */
  idleTimeoutMillis?: number | undefined

  /** Like `idleTimeoutMillis`, but only while more than `min` connections are idle. -1: never. Default -1. Taken by `GenericPool`. */
  softIdleTimeoutMillis?: number | undefined

  /** Milliseconds between two runs of the evictor. 0: it never runs, so idle connections stay open. Default 1000. Taken by `GenericPool`. */
  evictionRunIntervalMillis?: number | undefined

  /** Number of idle connections that the evictor tests in one run. Default 3. Taken by `GenericPool`. */
  numTestsPerEvictionRun?: number | undefined
}

/** Every option with its value or default. */
export type ResolvedPoolOptions = Readonly<
  {
    [Name in Exclude<keyof PoolOptions, 'poolResetOnReturn' | 'poolName'>]-?: Exclude<
      PoolOptions[Name],
      undefined
    >
  } & {
    poolResetOnReturn: 'rollback' | 'commit' | null
    poolName: string | undefined
  }
>

/** The options that every pool class takes. */
export const TAKEN_BY_ALL = [
  'poolRecycle',
  'poolPrePing',
  'poolResetOnReturn',
  'leakDetectionThreshold',
  'poolName',
  'poolEvents',
] as const

/** Those, and some that not every class takes. */
export type PoolOptionsWith<Name extends keyof PoolOptions = never> = Pick<
  PoolOptions,
  (typeof TAKEN_BY_ALL)[number] | Name
>

/**
 * The options that a pool class takes, such as `PoolOptionsOf<typeof QueuePool>`: those of its constructor. A class of your own
 * may have them all.
 */
export type PoolOptionsOf<Class extends abstract new (creator: never, options?: never) => unknown> =
  Class extends abstract new (creator: never, options?: infer Options) => unknown
    ? Exclude<Options, undefined>
    : never
