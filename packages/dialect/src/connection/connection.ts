import type { MaybePromise, PoolableConnection } from '@poolclass/pools'

/** What SQLite says of a prepared statement. */
export interface StatementKind {
  /** It cannot change the database, https://www.sqlite.org/c3ref/stmt_readonly.html */
  readonly readonly: boolean
  /** It returns rows, or may: a server is not asked about a statement that writes. */
  readonly reader: boolean
}

/** What a statement gave, in the shape of Kysely's `QueryResult`. */
export interface StatementResult {
  readonly rows: unknown[]
  /** The rowid of the last insert on the connection; absent for a statement that returns rows. */
  readonly insertId?: bigint
  /** The rows that the statement changed; absent for a statement that returns rows. */
  readonly numAffectedRows?: bigint
}

/** How far a copy is. */
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
 * One open SQLite handle with its statement cache, wherever it lives.
 *
 * Nothing here waits for another connection's lock: a lock that is taken is a `SqliteError` with the code
 * `SQLITE_BUSY`, at once. Waiting is the driver's, which can do it without blocking the thread.
 */
export interface Connection extends PoolableConnection {
  /** For logs and messages: the database and a number, `app.db#2`. */
  readonly label: string
  /** Whether a transaction is open, https://www.sqlite.org/c3ref/get_autocommit.html */
  readonly inTransaction: boolean
  /** A stream is open. */
  readonly isReading: boolean
  /** Up to which version this connection has the database's session settings, see `SessionSettings`; 0 for a new one. */
  settingsApplied: number

  /** It refuses a pragma that it does not know, and reads a statement to its end before it carries out any of it. Absent: it is as SQLite is. */
  readonly refusesUnknownPragmas?: boolean

  /** Prepares the statement and says what it is. Some pragmas take effect when they are prepared: never ask for those. */
  inspect(sql: string): MaybePromise<StatementKind>
  /** @param cancellable `cancel()` may be called meanwhile, which costs something to listen for. */
  execute(sql: string, parameters: readonly unknown[], cancellable?: boolean): MaybePromise<StatementResult>
  /**
   * Reads the rows in chunks of `chunkSize`; leaving the loop early frees the statement.
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
   * Copies the main database as it is now into an empty file. Nothing else is to be asked of the connection meanwhile.
   *
   * @throws SqliteError `SQLITE_BUSY` where it cannot be read now; nothing is copied then.
   */
  copyTo(file: string, copying: Copying): Promise<void>
  /** Has the statement that runs end between two rows, where JavaScript can run meanwhile: in a thread of its own. */
  cancel(): void
  /** Gives the connection up at once, whatever runs on it, and with it the thread that it lives in, unless it is this one. */
  kill(): void
  /** Ends the streams that are still open: a connection can neither commit, nor roll back, nor close under a reader. */
  stopReading(): MaybePromise<void>
  close(): MaybePromise<void>
  /** Ends what still reads, then rolls back if a transaction is open. */
  rollback(): MaybePromise<void>
  /** Ends what still reads, then commits if a transaction is open. */
  commit(): MaybePromise<void>
  ping(): MaybePromise<void>
}
