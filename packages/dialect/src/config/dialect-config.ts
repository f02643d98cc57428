import type { PoolClass, PoolOptions } from '@poolclass/pools'
import type { DatabaseConnection } from 'kysely'
import type { DriverName } from '../drivers/driver.ts'
import type { ConnectArgs } from './connect-args.ts'
import type { DatabaseCreator } from './database-creator.ts'
import type { KeyOption } from './key.ts'
import type { ExtensionOptions } from './extensions.ts'

export type PoolClassName =
  | 'SingletonThreadPool'
  | 'StaticPool'
  | 'NullPool'
  | 'QueuePool'
  | 'GenericPool'
  | 'AssertionPool'

export type TransactionMode = 'deferred' | 'immediate' | 'exclusive'

/** Text of which these are the valid values. The import of a JSON file has the type `string` for them. */
type OneOf<Names extends string> = Names | (string & Record<never, never>)

type ConfigPoolOptions = {
  [Name in keyof Omit<PoolOptions, 'poolResetOnReturn'>]: PoolOptions[Name] | null
}

/**
 * The config of `PooledSqliteDialect`. Option names are those of SQLAlchemy's `create_engine`, in camel case. `null` means
 * the default, as `undefined` does, except for `poolResetOnReturn`.
 */
export interface PooledSqliteDialectConfig extends ConfigPoolOptions {
  /** What to open: `:memory:`, a path, a `file:` URI, a `sqlite://` URL. See `parseSqliteUrl`. */
  url: string | URL
  /** The pool class, or its name. Default is what `poolClassFor` says of the URL. */
  poolclass?: PoolClass | OneOf<PoolClassName> | null | undefined
  /**
   * What ends a transaction that is open at check-in: the connection's `rollback()`, its `commit()`, or nothing, which leaves it
   * to the next borrower. Nothing is null, which is a value here, and not the default as elsewhere. As in SQLAlchemy,
   * true means 'rollback', and false null. Default 'rollback'.
   */
  poolResetOnReturn?: OneOf<'rollback' | 'commit'> | boolean | null | undefined
  /** What reaches SQLite: the package better-sqlite3, or `node:sqlite`, which Node.js has in it. Default is `better-sqlite3`. */
  driver?: OneOf<DriverName> | null | undefined
  connectArgs?: ConnectArgs | null | undefined
  /**
   * Set on every new connection, in this order. A size may have a unit where SQLite counts in bytes or KiB: `'64MB'`, with
   * 1024 bytes to a kilobyte.
   */
  pragmas?: Readonly<Record<string, string | number | boolean | null>> | null | undefined
  /**
   * SQLite's extensions, as paths or with their entry points. Every connection loads them, in this order, before its pragmas
   * are set. A relative path begins at the directory in which the dialect is built. SQL itself can load none.
   */
  extensions?: readonly (string | URL | ExtensionOptions)[] | null | undefined
  /**
   * The key that the file is encrypted with: text, bytes, or the name of an environment variable. Every connection gets it
   * before anything else. Only a driver that encrypts takes one.
   */
  key?: KeyOption | null | undefined
  /** How many worker threads hold the connections. Default is 0: the calling thread does. */
  threads?: number | null | undefined
  /** How transactions begin. Default is `immediate`, so that none fails half-way for want of the write lock. */
  transactionMode?: OneOf<TransactionMode> | null | undefined
  /**
   * Opens the handles instead of this package. With `threads` it is the URL of a module that exports the function as its
   * default: each thread loads it.
   */
  creator?: DatabaseCreator | URL | null | undefined
  /** Called with every new connection before its first use, like Kysely's option of this name. */
  onCreateConnection?: ((connection: DatabaseConnection) => Promise<void>) | null | undefined
}
