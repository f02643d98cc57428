import type { LibraryHandle } from './handle.ts'

/** A handle while its user has it: remembers what is read through it, because no library tells what is still open. */
export class LentHandle {
  readonly #handle: LibraryHandle
  readonly #iterators: Set<Iterator<unknown>> = new Set()

  constructor(handle: LibraryHandle) {
    this.#handle = handle
    const { prepare } = handle
    handle.prepare = (...args) => {
      const statement = prepare.apply(handle, args)
      const { iterate } = statement
      statement.iterate = (...parameters) => {
        const rows = iterate.apply(statement, parameters)
        this.#iterators.add(rows)
        return rows
      }
      return statement
    }
  }

  /** Ends what still reads: a connection can neither commit, nor roll back, nor close under a reader. */
  stopReading(): void {
    for (const rows of this.#iterators) rows.return?.()
    this.#iterators.clear()
  }

  /** What is read from now on is not seen. */
  end(): void {
    this.stopReading()
    Reflect.deleteProperty(this.#handle, 'prepare')
  }
}
