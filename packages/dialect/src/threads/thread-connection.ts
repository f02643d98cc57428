import type { MaybePromise } from '@poolclass/pools'
import type { Connection, Copying, StatementKind, StatementResult } from '../connection/connection.ts'
import type { Opening } from '../drivers/local/opening.ts'
import { withDeeperStack } from '../connection/deeper-stack.ts'
import { inChunks } from '../connection/row-reader.ts'
import { endedWithThread } from '../errors/limits-errors.ts'
import { HandleElsewhereError, ThreadDiedError } from '../errors/threads-errors.ts'
import { CopyWords, followCopy } from './copy-progress.ts'
import { unpackError } from './packed-error.ts'
import { packParameters } from './packed-parameters.ts'
import type { Command } from './protocol.ts'
import { type Channel, type Result, ThreadReader } from './thread-reader.ts'
import type { Answer, ConnectionState } from './worker-channel.ts'
import type { WorkerClient } from './worker-client.ts'

interface Threads {
  /** One of them is not at something long. */
  readonly hasFreeOne: boolean
}

/** A connection in a worker thread. */
export class ThreadConnection implements Connection {
  readonly label: string
  settingsApplied = 0
  readonly #worker: WorkerClient
  readonly #threads: Threads | undefined
  readonly #number: number
  readonly #channel: Channel
  readonly #readers: Set<ThreadReader> = new Set()
  readonly #cancelled: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(4))
  #numbers = 0
  /** How many statements were sent that no answer has come to. */
  #running = 0
  /** How many of them `cancel` is about. */
  #cancellable = 0
  readonly #state: ConnectionState = { inTransaction: false }
  #isOpen = false
  #isClosed = false

  /** @param threads All those of the database, where there is more than the worker. */
  static async open(
    worker: WorkerClient,
    opening: Opening,
    label: string,
    threads?: Threads,
  ): Promise<ThreadConnection> {
    const connection = new ThreadConnection(worker, label, threads)
    try {
      await connection.#ask({ kind: 'open', opening, label, cancelled: connection.#cancelled.buffer })
      connection.#isOpen = true
      return connection
    } catch (error) {
      await worker.leave()
      throw error
    }
  }

  private constructor(worker: WorkerClient, label: string, threads: Threads | undefined) {
    this.label = label
    this.#worker = worker
    this.#threads = threads
    this.#number = worker.enter()
    this.#channel = {
      ask: (command) => this.#send(command),
      orThrow: (answer) => this.#orThrow(answer),
    }
  }

  /** As it was when the thread last answered. */
  get inTransaction(): boolean {
    return this.#state.inTransaction && !this.#worker.ended
  }

  get isReading(): boolean {
    return this.#readers.size > 0
  }

  /** Its thread has ended, or it was closed. */
  get closed(): boolean {
    return this.#isClosed || this.#worker.ended
  }

  /** Its thread has work to do. */
  get isBusy(): boolean {
    return this.#worker.isBusy
  }

  /** Its thread is at something long, and there is another thread that is not. */
  get isHeldUp(): boolean {
    return this.#worker.isHeldUp && this.#threads?.hasFreeOne === true
  }

  async inspect(sql: string): Promise<StatementKind> {
    const answer = await this.#ask({ kind: 'inspect', sql })
    if (answer.kind !== 'inspected') throw unexpected(answer)
    return answer.statement
  }

  async execute(sql: string, parameters: readonly unknown[], cancellable = false): Promise<StatementResult> {
    this.#running += 1
    if (cancellable) this.#cancellable += 1
    try {
      const packed = packParameters(parameters)
      const answer = await this.#ask({ kind: 'execute', sql, parameters: packed, cancellable })
      if (answer.kind === 'rows') return { rows: answer.rows }
      if (answer.kind !== 'run') throw unexpected(answer)
      const { changes, lastInsertRowid } = answer
      return { insertId: BigInt(lastInsertRowid), numAffectedRows: BigInt(changes), rows: [] }
    } finally {
      this.#running -= 1
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

  async copyTo(file: string, { pagesPerStep, onStep }: Copying): Promise<void> {
    const words = new CopyWords()
    const copied = this.#ask({ kind: 'copy', file, pagesPerStep, words: words.buffer })
    await followCopy(words, copied, onStep)
  }

  lendHandle(): never {
    throw new HandleElsewhereError(this.label)
  }

  cancel(): void {
    if (this.#cancellable > 0) Atomics.store(this.#cancelled, 0, 1)
  }

  kill(): void {
    void this.#worker.terminate(new Error('one of its sessions was killed'))
  }

  stopReading(): MaybePromise<void> {
    if (this.#readers.size > 0) return this.#closeReaders()
  }

  rollback(): MaybePromise<void> {
    if (this.#mayBeUsed) return this.#endTransaction('rollback')
  }

  commit(): MaybePromise<void> {
    if (this.#mayBeUsed) return this.#endTransaction('commit')
  }

  async ping(): Promise<void> {
    await this.execute('select 1', [])
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    try {
      await this.stopReading()
      const answer = await this.#send({ kind: 'close' })
      if (answer.kind !== 'died') this.#orThrow(answer)
    } finally {
      await this.#worker.leave()
    }
  }

  async #closeReaders(): Promise<void> {
    await Promise.all([...this.#readers].map((reader) => reader.close()))
  }

  /** Somebody reads, or a transaction is open, or what nobody has awaited may have begun one. */
  get #mayBeUsed(): boolean {
    return this.#readers.size > 0 || this.inTransaction || this.#running > 0
  }

  async #endTransaction(how: 'commit' | 'rollback'): Promise<void> {
    await this.stopReading()
    // Answers come in the order of the commands.
    if (this.#running > 0 && !this.closed) await this.ping()
    if (this.inTransaction) await this.execute(how, [])
  }

  async #ask(command: Command): Promise<Result> {
    return this.#orThrow(await this.#send(command))
  }

  #send(command: Command): Promise<Answer> {
    return this.#worker.ask(this.#number, command, this.#state)
  }

  #orThrow(answer: Answer): Result {
    switch (answer.kind) {
      case 'error':
        throw unpackError(answer.error, this.#worker.sqliteError, this.#orThrow)
      case 'died':
        throw new ThreadDiedError(this.label, answer.cause, this.#isOpen)
      case 'overdue':
        throw withDeeperStack(() => endedWithThread(this.label, answer.milliseconds))
      case 'unsent':
        throw new RangeError(`The query cannot be sent to its thread: ${String(answer.cause)}`)
      default:
        return answer
    }
  }

  #openReader(
    sql: string,
    parameters: readonly unknown[],
    chunkSize: number,
    signal: AbortSignal | undefined,
  ): ThreadReader {
    signal?.throwIfAborted()
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
  return new Error(`bug: the thread answered ${answer.kind}`)
}
