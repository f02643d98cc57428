import type {
  AssertionPool,
  GenericPool,
  NullPool,
  PoolClass,
  PoolListeners,
  PoolOptions,
  PoolOptionsOf,
  QueuePool,
  SingletonThreadPool,
  StaticPool,
} from '@poolclass/pools'
import type { DatabaseConnection } from 'kysely'
import type { Connection } from '../connection/connection.ts'
import type { DriverName } from '../drivers/driver-traits.ts'
import type { ConnectArgs } from './connect-args.ts'
import type { DatabaseCreator } from './database-creator.ts'
import type { KeyOption } from './key.ts'
import type { ExtensionOptions } from './extensions.ts'

/** The pool classes that a config can name. */
export interface PoolClasses {
  readonly SingletonThreadPool: typeof SingletonThreadPool
  readonly StaticPool: typeof StaticPool
  readonly NullPool: typeof NullPool
  readonly QueuePool: typeof QueuePool
  readonly GenericPool: typeof GenericPool
  readonly AssertionPool: typeof AssertionPool
}

export type PoolClassName = keyof PoolClasses

export type TransactionMode = 'deferred' | 'immediate' | 'exclusive'

/** One of these names. It accepts `string` too, because that is the type of a text in an imported JSON file. */
type OneOf<Names extends string> = Names | (string & Record<never, never>)

type FromJson<Value> = Value extends string ? OneOf<Value> : Value

/** What a config gives as its pool class. */
export type PoolClassChoice = PoolClass | OneOf<PoolClassName>

/** The names of the options that go with it: all of them where its type does not say which class it is. */
type OptionTaken<Choice> = Choice extends PoolClassName
  ? OptionTakenBy<PoolClasses[Choice]>
  : Choice extends PoolClass
    ? OptionTakenBy<Choice>
    : keyof PoolOptions

/** A `SingletonThreadPool` has as many connections as the config has `threads`. */
type OptionTakenBy<Class extends new (creator: never, options?: never) => unknown> = Exclude<
  keyof PoolOptionsOf<Class>,
  Class extends typeof SingletonThreadPool ? 'poolSize' : never
>

type ConfigPoolOptions<Choice extends PoolClassChoice> = {
  [Name in keyof Omit<PoolOptions, 'poolEvents'>]:
    | (Name extends OptionTaken<Choice> ? FromJson<PoolOptions[Name]> : never)
    | null
}

/**
 * The config of `PooledSqliteDialect`. Option names are those of SQLAlchemy's `create_engine`, in camel case. Times are
 * milliseconds. `null` and `undefined` mean the default, except for `poolResetOnReturn`, where `null` means no reset.
 *
 * Where the type names one pool class, as `poolclass: 'QueuePool'` does, an option that this class does not take is a type error.
 *
 * Unknown keys and invalid values are a `DialectConfigError`, those of the pool a `PoolOptionError`, a wrong URL a `SqliteUrlError`.
 */
export interface PooledSqliteDialectConfig<
  Choice extends PoolClassChoice = PoolClassChoice,
> extends ConfigPoolOptions<Choice> {
  /** The database: `:memory:`, a path, a `file:` URI, a `sqlite://` URL, or the URL of a libSQL server. See `parseSqliteUrl`. */
  url: string | URL
  /** Listeners to the events of the pool, as `dialect.pool.on()` puts them on. Default is none. */
  poolEvents?: PoolListeners<Connection> | null | undefined
  /** The pool class, or its name. Default is the class that `poolClassFor` returns for the URL: `NullPool` for a file. */
  poolclass?: Choice | null | undefined
  /**
   * The library that opens SQLite: `better-sqlite3`, `better-sqlite3-multiple-ciphers`, or `node:sqlite`, which is part of
   * Node.js. The first query loads it, and fails with a `DriverMissingError` if it is missing. Default is `better-sqlite3`,
   * and `libsql-server` for the URL of a server, which needs no package.
   */
  driver?: OneOf<DriverName> | null | undefined
  /** How each connection behaves: its busy timeout, its statement cache and so on. */
  connectArgs?: ConnectArgs | null | undefined
  /**
   * Pragmas that the dialect sets on every new connection, in this order. Default is none. Where SQLite counts in bytes or KiB,
   * a value may have a unit: `'64MB'`, with 1024 bytes to a kilobyte.
   *
   * Without `cache_size`, one open connection has the page cache of its library, which is 16 MB with better-sqlite3, and each other one
   * has 2 MB.
   */
  pragmas?: Readonly<Record<string, string | number | boolean | null>> | null | undefined
  /**
   * SQLite's extensions, as paths or with their entry points. Every connection loads them, in this order, before it gets its
   * pragmas. A relative path begins at the working directory at the time when you build the dialect. SQL itself can load none. A failed
   * load is an `ExtensionError`. Default is none.
   */
  extensions?: readonly (string | URL | ExtensionOptions)[] | null | undefined
  /**
   * The key of an encrypted file: text, bytes, or the name of an environment variable. Every connection gets it
   * before anything else. It needs the driver `better-sqlite3-multiple-ciphers`. Default is none.
   */
  key?: KeyOption | null | undefined
  /** Number of worker threads; a new connection opens in the thread with the fewest. Default is 0: the calling thread has them all. */
  threads?: number | null | undefined
  /** How transactions begin. Default is `immediate`, which takes the write lock first, so that no transaction fails half-way. */
  transactionMode?: OneOf<TransactionMode> | null | undefined
  /**
   * Longest time that a transaction may be open, in milliseconds. An older one is rolled back as soon as no statement
   * of it runs, and its connection and the write lock go to others. Its next statement fails with a `TransactionLostError`.
   * Default is 0: no limit.
   */
  transactionTimeout?: number | null | undefined
  /**
   * Longest time that SQLite may take for a statement, in milliseconds. A query that takes longer ends between two rows, with a
   * `StatementTimeoutError`. Where it comes to no further row, its thread is replaced; without `threads`, SQLite carries it out.
   * Waits do not count, and neither do `commit` and `rollback`. Default is 0: no limit.
   */
  statementTimeout?: number | null | undefined
  /**
   * Time in milliseconds from which on a query is reported by a warning of the process (`POOLCLASS_SLOW_QUERY`), with its SQL, how
   * long it waited for a connection and for a lock, and no values of its parameters. Default is 0: none is reported.
   */
  slowQueryThreshold?: number | null | undefined
  /**
   * Runs `PRAGMA optimize` on each connection to a file before it is closed. SQLite then renews the statistics that queries are
   * planned by, where they are out of date. Default is false.
   */
  optimize?: boolean | null | undefined
  /**
   * The size of the WAL file from which new streams and read transactions wait for a moment, a second at most, so that a
   * checkpoint can empty the file: in bytes, or such as `'64MB'`. Then a thread makes the checkpoints, and not the commits. 0: SQLite
   * makes them, as it does without a pool. Default is 64 MiB for a file, and 0 where nobody can make a checkpoint, where
   * `wal_autocheckpoint` is 0, and with a VFS that is not SQLite's own.
   */
  walLimit?: number | string | null | undefined
  /**
   * Opens the handles instead of this package. With `threads` it is the URL of a module whose default export is the function,
   * because each thread loads it.
   */
  creator?: DatabaseCreator | URL | null | undefined
  /** Runs for every new connection before its first use, like Kysely's option of this name. */
  onCreateConnection?: ((connection: DatabaseConnection) => Promise<void>) | null | undefined
}
