import type { PoolClass, PoolOptions } from '@poolclass/pools'
import type { Database } from 'better-sqlite3'
import type { DatabaseConnection } from 'kysely'
import type { SqliteLocation } from '../url/sqlite-location.ts'
import type { ConnectArgs } from './connect-args.ts'

export type PoolClassName = 'SingletonThreadPool' | 'StaticPool' | 'NullPool' | 'QueuePool' | 'AssertionPool'

export type TransactionMode = 'deferred' | 'immediate' | 'exclusive'

/** The config of `PooledSqliteDialect`. Option names are those of SQLAlchemy's `create_engine`, in camel case. */
export interface PooledSqliteDialectConfig extends Omit<PoolOptions, 'threads'> {
  /** What to open: `:memory:`, a path, a `file:` URI, a `sqlite://` URL. See `parseSqliteUrl`. */
  url: string | URL
  /** The pool class, or its name. Default is what `poolClassFor` says of the URL. */
  poolclass?: PoolClass | PoolClassName | undefined
  connectArgs?: ConnectArgs | undefined
  /** Set on every new connection, in this order. */
  pragmas?: Readonly<Record<string, string | number | boolean>> | undefined
  /** How many worker threads hold the connections. Default is 0: the calling thread does. */
  threads?: number | undefined
  /** How transactions begin. Default is `immediate`, so that none fails half-way for want of the write lock. */
  transactionMode?: TransactionMode | undefined
  /**
   * Opens a handle instead of this package, with functions of your own in it, say. The path of a file's location is
   * absolute. With `threads` it is the URL of a module that exports the function as its default: each thread loads it.
   */
  creator?: ((location: SqliteLocation) => Database) | URL | undefined
  /** Called with every new connection before its first use, like Kysely's option of this name. */
  onCreateConnection?: ((connection: DatabaseConnection) => Promise<void>) | undefined
}
