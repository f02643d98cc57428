import type { RowReader } from '../../connection/row-reader.ts'
import { StreamEndedError } from '../../errors/session-errors.ts'
import { answeredError, isEndOfTransaction } from './answered-error.ts'
import { NOT_HRANA } from './answers.ts'
import type { OpenAnswer } from './open-answer.ts'
import type { CursorEntry, CursorResponse } from './protocol.ts'
import { StreamLost } from './stream-lost.ts'
import type { Decoder } from './values.ts'

/** Reads the rows of a cursor on demand. Rows that are not read yet stay in the network and on the server, which wait. */
export class CursorReader implements RowReader {
  /** Called once, at the end or before. */
  onClose: () => void = () => {}
  readonly #answer: OpenAnswer
  readonly #sql: string
  readonly #decoder: Decoder
  readonly #onPosition: (index: string | number | null) => void
  /** The unfinished line at the end of a part. It continues in the next part. */
  #rest = ''
  #names: readonly string[] | undefined
  #rows: unknown[] = []
  #isComplete = false
  #hasPosition = false
  #isAtEnd = false
  #isClosed = false
  #failure: { readonly error: unknown } | undefined
  #reading: Promise<void> = Promise.resolve()

  /** @param onPosition Called with the position of the server's copy in the primary's log. */
  constructor(
    answer: OpenAnswer,
    sql: string,
    decoder: Decoder,
    onPosition: (index: string | number | null) => void,
  ) {
    this.#answer = answer
    this.#sql = sql
    this.#decoder = decoder
    this.#onPosition = onPosition
  }

  /** The baton of the stream, which is in the first line. */
  async baton(): Promise<string | null> {
    while (!this.#rest.includes('\n')) {
      // oxlint-disable-next-line no-await-in-loop -- part after part
      const part = await this.#answer.next()
      if (part === undefined) throw this.#answer.cut('the answer is empty')
      this.#rest += part
    }
    const end = this.#rest.indexOf('\n')
    const { baton } = this.#parsed<CursorResponse>(this.#rest.slice(0, end))
    this.#takeLines(this.#rest.slice(end + 1))
    return baton
  }

  async read(count: number): Promise<unknown[]> {
    if (this.#isClosed && this.#failure === undefined && !this.#isAtEnd) throw new StreamEndedError()
    await this.#readUntil(() => this.#rows.length >= count)
    if (this.#rows.length > count) return this.#rows.splice(0, count)
    if (this.#rows.length < count && this.#failure !== undefined) throw this.#failure.error
    const rows = this.#rows
    this.#rows = []
    return rows
  }

  /** Reads the remaining rows into memory, because another request needs the stream. */
  readRest(): Promise<void> {
    return this.#readUntil(() => false)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (!this.#isAtEnd) this.#answer.end()
    this.onClose()
  }

  async #readUntil(isEnough: () => boolean): Promise<void> {
    const before = this.#reading
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#reading = promise
    await before
    try {
      while (!this.#isAtEnd && !this.#isClosed && !isEnough()) {
        // oxlint-disable-next-line no-await-in-loop -- part after part
        const part = await this.#answer.next()
        if (part === undefined) this.#end()
        // A long line is split off once, when it is complete, not with each part.
        else if (part.includes('\n')) this.#takeLines(this.#rest + part)
        else this.#rest += part
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      resolve()
    }
  }

  #takeLines(text: string): void {
    const lines = text.split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) this.#take(this.#parsed<CursorEntry>(line))
  }

  #take(entry: CursorEntry): void {
    switch (entry.type) {
      case 'row':
        if (this.#names === undefined) throw this.#answer.error(NOT_HRANA, 'answer')
        this.#rows.push(this.#decoder.row(this.#names, entry.row))
        return
      case 'step_begin':
        this.#names = entry.cols.map(({ name }) => name ?? '')
        return
      case 'step_end':
        this.#isComplete = true
        return
      case 'step_error':
      case 'error':
        this.#failure ??= {
          error: isEndOfTransaction(entry.error) ? new StreamLost() : answeredError(entry.error, this.#sql),
        }
        return
      case 'replication_index':
        this.#hasPosition = true
        this.#onPosition(entry.replication_index)
    }
  }

  #parsed<T>(line: string): T {
    try {
      return JSON.parse(line) as T
    } catch {
      throw this.#answer.error(NOT_HRANA, 'answer')
    }
  }

  /** The last line is the position. If the server skipped the step, it is the only entry. */
  #end(): void {
    this.#isAtEnd = true
    if (!this.#isComplete) {
      const isPassedOver = this.#names === undefined && this.#hasPosition
      this.#failure ??= { error: isPassedOver ? new StreamLost() : this.#answer.cut('its end is missing') }
    }
    this.close()
  }

  #fail(error: unknown): void {
    this.#failure ??= { error: this.#isClosed ? new StreamEndedError() : error }
    this.close()
  }
}
