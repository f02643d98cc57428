/** An open SQLite database in this thread, as its library gives it. A `Database` of better-sqlite3 is one as it comes. */
export interface SqliteHandle {
  /** The library's own object, where this one stands in front of it. */
  readonly own?: LibraryHandle
  /** Whether a transaction is open, https://www.sqlite.org/c3ref/get_autocommit.html */
  readonly inTransaction: boolean
  prepare(sql: string): SqliteStatement
  /** Runs `pragma …` and gives its rows. */
  pragma(source: string): unknown
  /** Runs statements whose rows nobody needs. It makes no objects for them, and so takes a quarter of the time. */
  exec(sql: string): unknown
  /** SQL cannot: `load_extension()` stays refused. */
  loadExtension(path: string, entryPoint?: string): unknown
  close(): unknown
}

/** What every library's own object has. */
export interface LibraryHandle {
  prepare(...args: never[]): { iterate(...parameters: never[]): Iterator<unknown> }
}

/**
 * A prepared statement of a handle. It gets all parameters in one array. Only the statements of better-sqlite3 itself get
 * them one by one, too.
 */
export interface SqliteStatement {
  /** It returns rows. */
  readonly reader: boolean
  /** It cannot change the database, https://www.sqlite.org/c3ref/stmt_readonly.html */
  readonly readonly: boolean
  all(...parameters: readonly unknown[]): unknown[]
  iterate(parameters: readonly unknown[]): IterableIterator<unknown>
  run(...parameters: readonly unknown[]): {
    readonly changes: number | bigint
    readonly lastInsertRowid: number | bigint
  }
}
