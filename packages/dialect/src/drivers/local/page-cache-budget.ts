import type { MaybePromise } from '@poolclass/pools'
import { pragmaValue } from '../../config/pragma-assignment.ts'
import type { ConfigPragma } from '../../config/pragmas.ts'
import type { ResolvedConfig } from '../../config/resolved-config.ts'
import type { Connection } from '../../connection/connection.ts'
import type { SqliteHandle } from './handle.ts'
import type { SqliteLibrary } from './sqlite-library.ts'

/** A smaller page cache than the library's own. Both are values of `PRAGMA cache_size` in KiB, which are negative. */
export interface PageCacheLimit {
  readonly insteadOf: number
  readonly cacheSize: number
}

/**
 * Keeps the page caches of a database's connections small. One connection has the library's own, which is 16 MB in
 * better-sqlite3's build. Each one that is opened while that one is open has SQLite's default of 2 MB,
 * https://www.sqlite.org/pragma.html#pragma_cache_size
 *
 * A connection gets its size with its first statement, and it is never changed afterwards. So what a user sets stays.
 */
export class PageCacheBudget {
  readonly #library: SqliteLibrary
  readonly #isOff: boolean
  /** What has the library's own page cache, or is being opened with it. */
  #holder: WeakRef<Connection> | Promise<Connection> | undefined

  constructor(library: SqliteLibrary, { location, pragmas }: ResolvedConfig) {
    this.#library = library
    // The pages of private memory are the database itself.
    this.#isOff = location.kind === 'memory' || location.kind === 'temporary' || pragmas.some(setsCacheSize)
  }

  /** @param open Opens a connection, with a limit where it is given one. */
  open(open: (limit: PageCacheLimit | undefined) => MaybePromise<Connection>): MaybePromise<Connection> {
    if (this.#isOff) return open(undefined)
    if (this.#isHeld) return open(limitFor(this.#library))
    const opened = open(undefined)
    if (opened instanceof Promise) this.#noteOpening(opened)
    else this.#holder = new WeakRef(opened)
    return opened
  }

  get #isHeld(): boolean {
    if (!(this.#holder instanceof WeakRef)) return this.#holder !== undefined
    const connection = this.#holder.deref()
    return connection !== undefined && connection.closed !== true
  }

  #noteOpening(opening: Promise<Connection>): void {
    this.#holder = opening
    opening.then(
      (connection) => (this.#holder = new WeakRef(connection)),
      () => (this.#holder = undefined),
    )
  }
}

/** The page cache of one connection, until it has its size. */
export class LimitedPageCache {
  readonly #handle: SqliteHandle
  /** Absent once there is nothing to do any more. */
  #limit: PageCacheLimit | undefined

  constructor(handle: SqliteHandle, limit: PageCacheLimit) {
    this.#handle = handle
    this.#limit = limit
  }

  /**
   * Sets the size, unless it has one, or the user's creator has set another. Called before a statement is prepared: SQLite reads
   * the schema for both, and refuses both where another connection has locked the database.
   */
  limit(): void {
    if (this.#limit === undefined) return
    const { insteadOf, cacheSize } = this.#limit
    if (cacheSizeOf(this.#handle) === insteadOf) this.#handle.exec(`pragma cache_size = ${cacheSize}`)
    this.#limit = undefined
  }

  /** Leaves the size to somebody who has the handle. */
  leave(): void {
    this.#limit = undefined
  }
}

function setsCacheSize({ name }: ConfigPragma): boolean {
  return ['cache_size', 'main.cache_size'].includes(name.toLowerCase())
}

/** Undefined where the library's own is no larger, or is counted in pages. */
function limitFor(library: SqliteLibrary): PageCacheLimit | undefined {
  const insteadOf = ownCacheSize(library)
  return insteadOf < SMALL_CACHE_SIZE ? { insteadOf, cacheSize: SMALL_CACHE_SIZE } : undefined
}

function ownCacheSize(library: SqliteLibrary): number {
  const known = ownCacheSizes.get(library)
  if (known !== undefined) return known
  const handle = library.open({
    filename: ':memory:',
    readonly: false,
    fileMustExist: false,
    safeIntegers: false,
  })
  const own = cacheSizeOf(handle)
  handle.close()
  ownCacheSizes.set(library, own)
  return own
}

function cacheSizeOf(handle: SqliteHandle): number {
  return Number(pragmaValue(handle.pragma('cache_size')))
}

const ownCacheSizes: WeakMap<SqliteLibrary, number> = new WeakMap()

const SMALL_CACHE_SIZE = -2000
