/** An open SQLite database in this thread, as its library gives it. A `Database` of better-sqlite3 is one as it comes. */
export interface SqliteHandle {
  /** Whether a transaction is open, https://www.sqlite.org/c3ref/get_autocommit.html */
  readonly inTransaction: boolean
  prepare(sql: string): SqliteStatement
  /** Runs `pragma …` and gives its rows. */
  pragma(source: string): unknown
  /** SQL cannot: `load_extension()` stays refused. */
  loadExtension(path: string, entryPoint?: string): unknown
  close(): unknown
}

/** A prepared statement of a handle. */
export interface SqliteStatement {
  /** It returns rows. */
  readonly reader: boolean
  /** It cannot change the database, https://www.sqlite.org/c3ref/stmt_readonly.html */
  readonly readonly: boolean
  all(parameters: readonly unknown[]): unknown[]
  iterate(parameters: readonly unknown[]): IterableIterator<unknown>
  run(parameters: readonly unknown[]): {
    readonly changes: number | bigint
    readonly lastInsertRowid: number | bigint
  }
}
