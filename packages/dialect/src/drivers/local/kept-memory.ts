import type { SqliteHandle } from './handle.ts'
import { openHandle } from './open-handle.ts'
import type { Opening } from './opening.ts'
import type { SqliteLibrary } from './sqlite-library.ts'

/**
 * Keeps shared memory alive while no connection of the pool does: “The database is automatically deleted and memory is
 * reclaimed when the last connection to the database closes”, https://www.sqlite.org/inmemorydb.html#sharedmemdb
 */
export class KeptMemory {
  readonly #library: SqliteLibrary
  readonly #opening: Opening
  #main: SqliteHandle | undefined

  constructor(library: SqliteLibrary, opening: Opening) {
    this.#library = library
    this.#opening = opening
  }

  /** Keeps the main database until `release`. */
  hold(): void {
    this.#main ??= openHandle(this.#library, this.#opening)
  }

  release(): void {
    this.#main?.close()
    this.#main = undefined
  }

  /** Keeps an attached database until the handle is closed. */
  holdAttached(filename: string): SqliteHandle {
    return openHandle(this.#library, { ...this.#opening, filename, readonly: false, fileMustExist: false })
  }
}
