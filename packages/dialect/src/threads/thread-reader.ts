import type { RowReader } from '../connection/row-reader.ts'
import { StreamEndedError } from '../errors/session-errors.ts'
import type { Command } from './protocol.ts'
import type { Answer } from './worker-channel.ts'

/** An answer that is no error. */
export type Result = Exclude<Answer, { readonly kind: 'error' | 'died' | 'overdue' | 'unsent' }>

/** What a reader needs of its connection. */
export interface Channel {
  ask(command: Command): Promise<Answer>
  /** Throws the answer if it is an error. Made here, the error has the stack of its caller. */
  orThrow(answer: Answer): Result
}

export interface ReaderOptions {
  readonly sql: string
  readonly parameters: readonly unknown[]
  readonly chunkSize: number
  readonly signal: AbortSignal | undefined
  readonly onClose: () => void
}

/** Reads from a statement in another thread, which is always a few blocks of rows ahead and no more. */
export class ThreadReader implements RowReader {
  readonly #channel: Channel
  readonly #number: number
  readonly #options: ReaderOptions
  /** How many chunks are asked for at once, at most. */
  readonly #chunks: number
  readonly #cancelled: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(4))
  /** What was asked for and has not been looked at: first that the statement runs, then blocks of rows. */
  readonly #answers: Promise<Answer>[] = []
  #rows: unknown[] = []
  #isAtEnd = false
  #isClosed = false

  constructor(channel: Channel, number: number, options: ReaderOptions) {
    const { sql, parameters, chunkSize, signal } = options
    this.#channel = channel
    this.#number = number
    this.#options = options
    this.#chunks = Math.ceil(BLOCK / chunkSize)
    this.#answers.push(
      channel.ask({ kind: 'stream', sql, parameters, reader: number, cancelled: this.#cancelled.buffer }),
    )
    for (let n = 0; n < BLOCKS_AHEAD; n += 1) this.#askForBlock()
    signal?.addEventListener('abort', this.#cancel)
  }

  async read(count: number): Promise<unknown[]> {
    while (!this.#isAtEnd && this.#rows.length < count) {
      // oxlint-disable-next-line no-await-in-loop -- the blocks come one after the other
      const answer = await this.#answers.shift()!
      if (this.#isClosed) throw new StreamEndedError()
      const result = this.#channel.orThrow(answer)
      if (result.kind === 'rows') this.#add(result.rows, result.isAtEnd)
    }
    if (this.#isClosed) throw new StreamEndedError()
    if (this.#rows.length > count) return this.#rows.splice(0, count)
    const rows = this.#rows
    this.#rows = []
    return rows
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#options.onClose()
    this.#options.signal?.removeEventListener('abort', this.#cancel)
    if (this.#isAtEnd) return
    this.#cancel()
    const answer = await this.#channel.ask({ kind: 'end', reader: this.#number })
    if (answer.kind !== 'died') this.#channel.orThrow(answer)
  }

  #add(block: unknown[], isAtEnd: boolean): void {
    if (isAtEnd) this.#isAtEnd = true
    else this.#askForBlock()
    if (this.#rows.length === 0) this.#rows = block
    else for (const row of block) this.#rows.push(row)
  }

  #askForBlock(): void {
    const { chunkSize } = this.#options
    const answer = this.#channel.ask({ kind: 'read', reader: this.#number, chunkSize, chunks: this.#chunks })
    this.#answers.push(answer)
  }

  readonly #cancel = (): void => {
    Atomics.store(this.#cancelled, 0, 1)
  }
}

/** In rows. A question costs as much as reading some dozens of rows. */
const BLOCK = 1000

const BLOCKS_AHEAD = 2
