import type { MaybePromise } from '@poolclass/pools'
import type { Connection, StatementKind, StatementResult } from '../connection/connection.ts'
import type { Opening } from '../connection/opening.ts'
import { inChunks } from '../connection/row-reader.ts'
import { ThreadDiedError } from '../errors.ts'
import type { Answer, ConnectionState, HostingThread, Result } from './hosting-thread.ts'
import { unpackError } from './packed-error.ts'
import { packParameters } from './packed-parameters.ts'
import type { Command } from './protocol.ts'
import { type Channel, ThreadReader } from './thread-reader.ts'

/** A connection in a worker thread. */
export class ThreadConnection implements Connection {
  readonly label: string
  settingsApplied = 0
  readonly #thread: HostingThread
  readonly #number: number
  readonly #channel: Channel
  readonly #readers: Set<ThreadReader> = new Set()
  readonly #cancelled: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(4))
  #numbers = 0
  /** How many statements run that `cancel` is about. */
  #cancellable = 0
  readonly #state: ConnectionState = { inTransaction: false }
  #isOpen = false
  #isClosed = false

  static async open(thread: HostingThread, opening: Opening, label: string): Promise<ThreadConnection> {
    const connection = new ThreadConnection(thread, label)
    try {
      await connection.#ask('open', opening, label, connection.#cancelled.buffer)
      connection.#isOpen = true
      return connection
    } catch (error) {
      await thread.leave()
      throw error
    }
  }

  private constructor(thread: HostingThread, label: string) {
    this.label = label
    this.#thread = thread
    this.#number = thread.enter()
    this.#channel = {
      ask: (...command) => this.#send(command),
      orThrow: (answer) => this.#orThrow(answer),
    }
  }

  /** As it was when the thread last answered. */
  get inTransaction(): boolean {
    return this.#state.inTransaction && !this.#thread.ended
  }

  /** Its thread has ended, or it was closed. */
  get closed(): boolean {
    return this.#isClosed || this.#thread.ended
  }

  async inspect(sql: string): Promise<StatementKind> {
    const answer = await this.#ask('inspect', sql)
    if (answer[1] !== 'kind') throw unexpected(answer)
    return answer[2]
  }

  async execute(sql: string, parameters: readonly unknown[], cancellable = false): Promise<StatementResult> {
    if (cancellable) this.#cancellable += 1
    try {
      const answer = await this.#ask('execute', sql, packParameters(parameters), cancellable)
      if (answer[1] === 'rows') return { rows: answer[2] }
      if (answer[1] !== 'run') throw unexpected(answer)
      return { insertId: BigInt(answer[3]), numAffectedRows: BigInt(answer[2]), rows: [] }
    } finally {
      if (cancellable) this.#endCancellable()
    }
  }

  stream(
    sql: string,
    parameters: readonly unknown[],
    chunkSize: number,
    signal?: AbortSignal,
  ): AsyncIterableIterator<unknown[]> {
    return inChunks(() => this.#openReader(sql, parameters, chunkSize, signal), chunkSize)
  }

  cancel(): void {
    if (this.#cancellable > 0) Atomics.store(this.#cancelled, 0, 1)
  }

  kill(): void {
    void this.#thread.terminate(new Error('one of its sessions was killed'))
  }

  stopReading(): MaybePromise<void> {
    if (this.#readers.size > 0) return this.#closeReaders()
  }

  rollback(): MaybePromise<void> {
    if (this.#readers.size > 0 || this.inTransaction) return this.#endTransaction('rollback')
  }

  commit(): MaybePromise<void> {
    if (this.inTransaction) return this.#endTransaction('commit')
  }

  async ping(): Promise<void> {
    await this.execute('select 1', [])
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    try {
      await this.stopReading()
      if (!this.#thread.ended) await this.#ask('close')
    } finally {
      await this.#thread.leave()
    }
  }

  async #closeReaders(): Promise<void> {
    await Promise.all([...this.#readers].map((reader) => reader.close()))
  }

  async #endTransaction(how: 'commit' | 'rollback'): Promise<void> {
    if (how === 'rollback') await this.stopReading()
    if (this.inTransaction) await this.execute(how, [])
  }

  async #ask(...command: Command): Promise<Result> {
    return this.#orThrow(await this.#send(command))
  }

  #send(command: Command): Promise<Answer> {
    return this.#thread.ask([this.#number, ...command], this.#state)
  }

  #orThrow(answer: Answer): Result {
    if (answer[1] === 'error') throw unpackError(answer[2], this.#orThrow)
    if (answer[1] === 'died') throw new ThreadDiedError(this.label, answer[2], this.#isOpen)
    return answer
  }

  #openReader(
    sql: string,
    parameters: readonly unknown[],
    chunkSize: number,
    signal: AbortSignal | undefined,
  ): ThreadReader {
    this.#numbers += 1
    const reader: ThreadReader = new ThreadReader(this.#channel, this.#numbers, {
      sql,
      parameters: packParameters(parameters),
      chunkSize,
      signal,
      onClose: () => this.#readers.delete(reader),
    })
    this.#readers.add(reader)
    return reader
  }

  #endCancellable(): void {
    this.#cancellable -= 1
    if (this.#cancellable === 0) Atomics.store(this.#cancelled, 0, 0)
  }
}

function unexpected(answer: Result): Error {
  return new Error(`bug: the thread answered ${answer[1]}`)
}
