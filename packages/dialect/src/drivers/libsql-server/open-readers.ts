import type { CursorReader } from './cursor-reader.ts'

/** The streams that are read from one connection. */
export class OpenReaders {
  readonly #all: Set<CursorReader> = new Set()

  get areOpen(): boolean {
    return this.#all.size > 0
  }

  /** @param signal Closes the reader when it fires. */
  add(reader: CursorReader, signal: AbortSignal | undefined): void {
    const close = reader.onClose
    const abort = (): void => reader.close()
    this.#all.add(reader)
    signal?.addEventListener('abort', abort)
    reader.onClose = () => {
      this.#all.delete(reader)
      signal?.removeEventListener('abort', abort)
      close()
    }
  }

  close(): void {
    for (const reader of this.#all) reader.close()
  }
}
