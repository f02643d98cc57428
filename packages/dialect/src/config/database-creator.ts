import type { SqliteLocation } from '../url/sqlite-location.ts'

/** The arguments with which the constructor of better-sqlite3, or of `node:sqlite`, opens the database of the config. */
export interface DatabaseOpening {
  /** `:memory:`, `''`, an absolute path, or a `file:` URI for what a path cannot express. */
  readonly filename: string
  readonly options: ConstructorOptions
}

/** Options with the names that the driver gives them. */
export interface ConstructorOptions {
  /** Of better-sqlite3. */
  readonly readonly?: boolean
  /** Of `node:sqlite`. */
  readonly readOnly?: boolean
  /** Of better-sqlite3. */
  readonly fileMustExist?: boolean
  /** Of `node:sqlite`: false, because otherwise some pragmas do nothing. */
  readonly defensive?: boolean
  /** Of `node:sqlite`: the dialect loads the extensions of the config, and SQL loads none. */
  readonly allowExtension?: boolean
  /** 0, because SQLite's own wait for a lock would block the thread. The dialect waits instead. */
  readonly timeout: 0
}

/** An open database of the driver: a `Database` of better-sqlite3, a `DatabaseSync` of `node:sqlite`. */
export interface CreatedDatabase {
  prepare(sql: string): unknown
  close(): unknown
}

/**
 * Opens a handle instead of this package, for example to add functions of your own:
 *
 * ```ts
 * (location, { filename, options }) => new Database(filename, options).function('twice', (n) => n * 2)
 * ```
 *
 * Each call returns a new, open handle without a transaction.
 *
 * @param location The database of the config. The path of a file is absolute.
 */
export type DatabaseCreator = (location: SqliteLocation, opening: DatabaseOpening) => CreatedDatabase
