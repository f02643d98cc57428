import type { RowClock } from './statement-limit.ts'
import type { RowReader } from '../../connection/row-reader.ts'
import { StreamEndedError } from '../../errors/session-errors.ts'

/** Reads from a statement in this thread. */
export class LocalReader implements RowReader {
  readonly #rows: IterableIterator<unknown>
  readonly #open: Map<IterableIterator<unknown>, unknown>
  readonly #clock: RowClock | undefined
  readonly #throwIfCancelled: (() => void) | undefined
  #isAtEnd = false
  #failure: { readonly error: unknown } | undefined

  /**
   * @param open The readers of the connection that are open: what it no longer has, it has ended.
   * @param clock Ends the statement that takes too long.
   * @param throwIfCancelled Called before each row.
   */
  constructor(
    rows: IterableIterator<unknown>,
    open: Map<IterableIterator<unknown>, unknown>,
    clock?: RowClock,
    throwIfCancelled?: () => void,
  ) {
    this.#rows = rows
    this.#open = open
    this.#clock = clock
    this.#throwIfCancelled = throwIfCancelled
  }

  /** All rows were read. */
  get isAtEnd(): boolean {
    return this.#isAtEnd
  }

  /** After an error, every further call throws the same. */
  read(count: number): unknown[] {
    if (this.#failure !== undefined) throw this.#failure.error
    if (!this.#isAtEnd && !this.#open.has(this.#rows)) throw new StreamEndedError()
    try {
      return this.#take(count)
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }

  close(): void {
    this.#rows.return?.()
    this.#open.delete(this.#rows)
  }

  #take(count: number): unknown[] {
    const chunk: unknown[] = []
    this.#clock?.start()
    while (chunk.length < count) {
      this.#throwIfCancelled?.()
      this.#clock?.throwIfOver()
      const next = this.#rows.next()
      if (next.done === true) {
        this.#isAtEnd = true
        break
      }
      chunk.push(next.value)
    }
    return chunk
  }
}

/** Reads all rows, and closes the reader. */
export function readAll(reader: LocalReader): unknown[] {
  try {
    return reader.read(Infinity)
  } finally {
    reader.close()
  }
}
