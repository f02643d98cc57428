import type { SqliteLocation } from '../url/sqlite-location.ts'

/** What opens a location as the config says: the arguments of the constructor of better-sqlite3, or of `node:sqlite`. */
export interface DatabaseOpening {
  /** `:memory:`, `''`, an absolute path, or a `file:` URI where there is no other way to say it. */
  readonly filename: string
  readonly options: ConstructorOptions
}

/** In the words of the driver. */
export interface ConstructorOptions {
  /** Of better-sqlite3. */
  readonly readonly?: boolean
  /** Of `node:sqlite`. */
  readonly readOnly?: boolean
  /** Of better-sqlite3. */
  readonly fileMustExist?: boolean
  /** SQLite's own wait for a lock, which would block the thread: the dialect waits instead. */
  readonly timeout: 0
}

/** An open database of the driver: a `Database` of better-sqlite3, a `DatabaseSync` of `node:sqlite`. */
export interface CreatedDatabase {
  prepare(sql: string): unknown
  close(): unknown
}

/**
 * Opens a handle instead of this package, with functions of your own in it, say:
 *
 * ```ts
 * (location, { filename, options }) => new Database(filename, options).function('twice', (n) => n * 2)
 * ```
 *
 * Each call returns another handle, open and without a transaction.
 *
 * @param location What the config names. The path of a file is absolute.
 */
export type DatabaseCreator = (location: SqliteLocation, opening: DatabaseOpening) => CreatedDatabase
