import type { MaybePromise, PoolableConnection } from '@poolclass/pools'

/** What SQLite says of a prepared statement. */
export interface StatementKind {
  /** It cannot change the database, https://www.sqlite.org/c3ref/stmt_readonly.html */
  readonly readonly: boolean
  /** It returns rows, or may: a server is not asked about a statement that writes. */
  readonly reader: boolean
}

/** The result of a statement, in the shape of Kysely's `QueryResult`. */
export interface StatementResult {
  readonly rows: unknown[]
  /** The rowid of the last insert on the connection; absent for a statement that returns rows. */
  readonly insertId?: bigint
  /** The rows that the statement changed; absent for a statement that returns rows. */
  readonly numAffectedRows?: bigint
}

/** The progress of a copy. */
export interface CopyProgress {
  readonly totalPages: number
  readonly remainingPages: number
}

export interface Copying {
  readonly pagesPerStep: number
  /** Called after steps, the last one included. What it throws ends the copy. */
  readonly onStep: (progress: CopyProgress) => void
}

/**
 * One open SQLite handle with its statement cache, in this thread or in another.
 *
 * A connection does not wait for the lock of another one. It fails at once with a `SqliteError` whose code is `SQLITE_BUSY`. The
 * dialect waits instead, without blocking the thread.
 */
export interface Connection extends PoolableConnection {
  /** For logs and messages: the database and a number, `app.db#2`. */
  readonly label: string
  /** Whether a transaction is open, https://www.sqlite.org/c3ref/get_autocommit.html */
  readonly inTransaction: boolean
  /** Whether a stream is open. */
  readonly isReading: boolean
  /** Up to which version this connection has the database's session settings, see `SessionSettings`; 0 for a new one. */
  settingsApplied: number

  /** It refuses a pragma that it does not know, and reads a statement to its end before it carries out any of it. Absent: it is as SQLite is. */
  readonly refusesUnknownPragmas?: boolean

  /** Prepares the statement and returns its kind. Do not call it for a pragma: some take effect when they are prepared. */
  inspect(sql: string): MaybePromise<StatementKind>
  /** @param cancellable `cancel()` may be called meanwhile, which costs something to listen for. */
  execute(sql: string, parameters: readonly unknown[], cancellable?: boolean): MaybePromise<StatementResult>
  /**
   * Reads the rows in chunks of `chunkSize`. Leaving the loop early frees the statement.
   *
   * @param signal Ends the wait for a chunk that another thread reads.
   */
  stream(
    sql: string,
    parameters: readonly unknown[],
    chunkSize: number,
    signal?: AbortSignal,
  ): AsyncIterableIterator<unknown[]>

  /**
   * The driver's own handle, until the connection is given back.
   *
   * @throws HandleElsewhereError where it is in another thread
   */
  lendHandle(): unknown
  /**
   * Copies the main database as it is now into an empty file. Do not use the connection for anything else meanwhile.
   *
   * @throws SqliteError `SQLITE_BUSY` if the database cannot be read now. It has copied nothing then.
   */
  copyTo(file: string, copying: Copying): Promise<void>
  /** Stops the running statement at the next row. It works only for a connection in a worker thread. */
  cancel(): void
  /** Gives the connection up at once, whatever runs on it. Its worker thread ends too, if it is in one. */
  kill(): void
  /** Ends the open streams, because a connection cannot commit, roll back or close while one reads. */
  stopReading(): MaybePromise<void>
  close(): MaybePromise<void>
  /** Ends the open streams, then rolls an open transaction back. */
  rollback(): MaybePromise<void>
  /** Ends the open streams, then commits an open transaction. */
  commit(): MaybePromise<void>
  ping(): MaybePromise<void>
}
