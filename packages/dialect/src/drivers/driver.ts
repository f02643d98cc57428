import { types } from 'node:util'
import type { MaybePromise } from '@poolclass/pools'
import type { ConfigPragma } from '../config/pragmas.ts'
import type { ResolvedConfig } from '../config/resolved-config.ts'
import type { Rekeyed } from '../settings/rekey.ts'
import type { Connection } from '../connection/connection.ts'
import type { DriverTraits } from './driver-traits.ts'
import type { MigrationLockOptions } from 'kysely'

/**
 * A way to SQLite: a library in this process, or a server.
 *
 * The rest of the dialect knows a driver by this file alone, and only the driver's folder imports its package.
 */
export interface Driver extends DriverTraits {
  /** What a config names, as this driver reaches it. Loads nothing and opens nothing. */
  readonly database: (config: ResolvedConfig) => DriverDatabase
}

/** One database, as its driver reaches it. */
export interface DriverDatabase {
  /** Makes an error as SQLite's own are with this driver. */
  readonly error: SqliteErrorFactory

  /** Whether an `ATTACH` takes a name that begins with `file:` for a URI. */
  readonly readsUris: boolean

  /**
   * Loads the driver's package. Called before anything else, any number of times.
   *
   * @throws DriverMissingError where the package is not installed; DialectConfigError where its build of SQLite cannot do
   *   what the config asks for.
   */
  load(): Promise<void>

  /** Of the driver's package; undefined where it is not known. Called after `load`. */
  version(): string | undefined

  /** Holds what keeps a shared database alive while no connection does. Called after `load`, and again after `release`. */
  hold(): void

  /**
   * The name under which other connections of this thread reach the same database: its writers wait in one line. Undefined
   * where they need not, because there is one connection only, or because somebody else lets them in one by one.
   */
  writersShare(): string | undefined

  /**
   * @param label For logs and messages, such as `app.db#2`.
   * @param pragmas What is set on it, in this order. Default is what the config has.
   * @throws MovedFileError where it would open another file than the connections that are open.
   */
  open(label: string, pragmas?: readonly ConfigPragma[]): MaybePromise<Connection>

  /**
   * Calls `open`. What it opens and returns at once is closed behind one select, before other code runs, so nobody has to know
   * which file that has. If it stays open nevertheless, `watch` is called for it.
   */
  openUnwatched<T>(open: () => T): T

  /** Notes which file a connection has that was opened unwatched, to notice when the path leads to another one. */
  watch(connection: Connection): void

  /**
   * Opens a connection in a thread of its own, which ends with it. It creates no file. Undefined where only the connections of
   * the pool reach the database.
   */
  openApart(label: string): Promise<Connection> | undefined

  /** Whether the database file was moved, deleted or replaced while a connection had it open: a new one would open another file. */
  hasMoved(): boolean

  /**
   * Fills shared memory that is empty from a file.
   *
   * @throws RestoreError where it is not empty; SqliteError where the file cannot be read.
   */
  fillMemory(path: string): void

  /**
   * Has the next connection to private memory find the content of a file.
   *
   * @throws RestoreError where this driver cannot; SqliteError where the file cannot be read.
   */
  seedMemory(path: string): void

  /**
   * Keeps an attached memory database alive that connections share, until it is closed.
   *
   * @param name Its URI, as it was attached.
   */
  keepMemory(name: string): { close(): unknown }

  /** Takes the new key of the file, which a connection has encrypted anew. Absent where the driver does not encrypt. */
  readonly rekeyed?: Rekeyed

  /** How far reads have to be up to date. Absent where there is one copy of the database. */
  readonly freshness?: Freshness

  /**
   * Keeps migrators out that have no memory in common with this one. Waits for as long as one is at work, and returns how to
   * let them in.
   *
   * @param options The table of Kysely's, and its row, that stand for the lock.
   */
  lockMigrations(options: MigrationLockOptions): Promise<() => MaybePromise<void>>

  /** Called when the last connection is closed. Resolves when nothing runs any more. */
  end(): Promise<void>

  /** Lets go of what `hold` holds. */
  release(): void
}

/** What a dialect has seen of a database that has several copies. */
export interface Freshness {
  /** Undefined before the first statement. */
  readonly token: string | undefined
  /** Has all reads that follow show what the token stands for. */
  readNotBefore(token: string): void
}

/** @param code Such as `SQLITE_BUSY`. */
export type SqliteErrorFactory = (message: string, code: string) => SqliteError

/** An error of SQLite's, whichever driver it comes from. SQLite's own text is in front. */
export interface SqliteError extends Error {
  /** The name of the extended result code, such as `SQLITE_CONSTRAINT_UNIQUE`, https://www.sqlite.org/rescode.html */
  readonly code: string
}

/**
 * Whether an error comes from SQLite, whichever driver it comes from.
 *
 * ```ts
 * if (isSqliteError(error, 'SQLITE_CONSTRAINT')) …
 * ```
 *
 * @param code A result code, which stands for its extended codes too: `SQLITE_CONSTRAINT` for `SQLITE_CONSTRAINT_UNIQUE`.
 */
export function isSqliteError(error: unknown, code?: string): error is SqliteError {
  // Not by its class: a test runner may have loaded the driver in another realm.
  if (!types.isNativeError(error) || !('code' in error) || typeof error.code !== 'string') return false
  if (code === undefined) return error.code.startsWith('SQLITE_')
  return error.code === code || error.code.startsWith(`${code}_`)
}
