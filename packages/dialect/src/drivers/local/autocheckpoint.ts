import { sessionKeyword } from '../../connection/first-keyword.ts'
import type { SqliteHandle } from './handle.ts'

/**
 * Sets `PRAGMA wal_autocheckpoint` on a connection when somebody can notice it: before a commit, which makes SQLite's
 * checkpoints, and before a statement that reads the pragma. It takes 4 µs, and many a connection only reads.
 */
export class Autocheckpoint {
  readonly #handle: SqliteHandle
  /** Undefined once it is set, and where SQLite's own value stays. */
  #pages: number | undefined

  /** @param isShared Code of others has the handle: a select may call a function that writes. */
  constructor(handle: SqliteHandle, pages: number | undefined, isShared: boolean) {
    this.#handle = handle
    this.#pages = pages
    if (isShared) this.set()
  }

  /** SQLite carries out some pragmas, this one included, while it prepares them. */
  beforePreparing(sql: string): void {
    if (this.#pages !== undefined && sessionKeyword(sql) === 'pragma') this.set()
  }

  set(): void {
    if (this.#pages === undefined) return
    this.#handle.exec(`pragma wal_autocheckpoint = ${this.#pages}`)
    this.#pages = undefined
  }
}
