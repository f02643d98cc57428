import { basename } from 'node:path'

/**
 * The access that `mode=` asks for: read only, read and write an existing file, or create it too (SQLite's default).
 * `mode=memory` is no access mode but another kind of location.
 */
export type AccessMode = 'ro' | 'rw' | 'rwc'

/** A database in memory, private to the connection that opens it. */
export interface MemoryLocation {
  readonly kind: 'memory'
}

/** A database in memory that every connection of the process with the same name shares. */
export interface SharedMemoryLocation {
  readonly kind: 'shared-memory'
  /** `:memory:` for `file::memory:?cache=shared`, otherwise the name in the URL. */
  readonly name: string
  /** Only present when the URL says so. */
  readonly mode?: AccessMode
}

/**
 * A temporary database on disk, private to the connection that opens it and deleted with it.
 *
 * Source: https://www.sqlite.org/inmemorydb.html#temp_db
 */
export interface TemporaryLocation {
  readonly kind: 'temporary'
  /** The VFS that keeps the temporary file. Only present when the URL says so. */
  readonly vfs?: string
}

/**
 * A database file. The optional facts are present only when the URL states them.
 *
 * Source: https://www.sqlite.org/uri.html#recognized_query_parameters
 */
export interface FileLocation {
  readonly kind: 'file'
  /** As the user wrote it, percent-decoded where the form is a `file:` URI; relative paths stay relative. */
  readonly path: string
  readonly mode?: AccessMode
  readonly cache?: 'shared' | 'private'
  /** The file is on read-only media: no locks, no checks for changes by others. SQLite's default is false. */
  readonly immutable?: boolean
  /** No file locks. SQLite's default is false. */
  readonly nolock?: boolean
  /** The disk has the powersafe overwrite property. SQLite's default is true. */
  readonly psow?: boolean
  /** The name of the operating system interface. Whether it exists is known only when the file is opened. */
  readonly vfs?: string
  /** A new database file gets the permissions of this file (Unix). */
  readonly modeof?: string
}

/** A libSQL server, such as `sqld` or Turso's. */
export interface ServerLocation {
  readonly kind: 'server'
  /** Begins with `https:` or `http:`, and has neither a token nor a slash at its end. */
  readonly url: string
}

/**
 * What a URL names: frozen plain data that survives JSON and structured clone, without undefined keys.
 *
 * Two URLs that mean the same give locations that are deeply equal.
 */
export type SqliteLocation =
  | MemoryLocation
  | SharedMemoryLocation
  | TemporaryLocation
  | FileLocation
  | ServerLocation

/** A short name for labels, logs and debuggers. */
export function nameOf(location: SqliteLocation): string {
  switch (location.kind) {
    case 'file':
      return basename(location.path)
    case 'shared-memory':
      return location.name
    case 'memory':
      return ':memory:'
    case 'temporary':
      return 'temporary'
    case 'server':
      return new URL(location.url).host
  }
}
