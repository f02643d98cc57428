import type { LibraryHandle } from './handle.ts'

/** A handle while its user has it: remembers what is read through it, because no library tells what is still open. */
export class LentHandle {
  readonly #handle: LibraryHandle
  /** Those that are open. */
  readonly #iterators: Set<Iterator<unknown>> = new Set()
  #isLent = true

  constructor(handle: LibraryHandle) {
    this.#handle = handle
    const { prepare } = handle
    handle.prepare = (...args) => {
      const statement = prepare.apply(handle, args)
      const { iterate } = statement
      statement.iterate = (...parameters) => {
        const rows = iterate.apply(statement, parameters)
        if (this.#isLent) this.#watch(rows)
        return rows
      }
      return statement
    }
  }

  get isReading(): boolean {
    return this.#iterators.size > 0
  }

  /** Ends what still reads: a connection can neither commit, nor roll back, nor close under a reader. */
  stopReading(): void {
    for (const rows of this.#iterators) rows.return?.()
  }

  /** What is read from now on is not seen. */
  end(): void {
    this.stopReading()
    this.#isLent = false
    Reflect.deleteProperty(this.#handle, 'prepare')
  }

  #watch(rows: Iterator<unknown>): void {
    this.#iterators.add(rows)
    const next = rows.next.bind(rows)
    const end = rows.return?.bind(rows)
    rows.next = () => {
      const result = next()
      if (result.done === true) this.#iterators.delete(rows)
      return result
    }
    rows.return = (value?: unknown) => {
      this.#iterators.delete(rows)
      return end?.(value) ?? { done: true, value }
    }
  }
}
