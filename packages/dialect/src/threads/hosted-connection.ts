import { performance } from 'node:perf_hooks'
import type { MaybePromise } from '@poolclass/pools'
import type { CopyProgress, StatementResult } from '../connection/connection.ts'
import type { LocalConnection } from '../drivers/local/local-connection.ts'
import { type LocalReader, readAll } from '../drivers/local/local-reader.ts'
import { CopyWords } from './copy-progress.ts'
import type { Command, CommandOf, Outcome, RowsOutcome } from './protocol.ts'

/** A connection of this thread, as the calling thread knows it. */
export class HostedConnection {
  readonly #connection: LocalConnection
  readonly #readers: Map<number, LocalReader> = new Map()
  /** Throws where what runs on the connection is to end. */
  readonly #throwIfCancelled: () => void

  constructor(connection: LocalConnection, cancelled: SharedArrayBuffer) {
    this.#connection = connection
    this.#throwIfCancelled = this.#throwIfSet(cancelled)
  }

  get inTransaction(): boolean {
    return this.#connection.inTransaction
  }

  carryOut(command: Exclude<Command, CommandOf<'open'>>): MaybePromise<Outcome | RowsOutcome<unknown[]>> {
    switch (command.kind) {
      case 'inspect': {
        const { readonly, reader } = this.#connection.inspect(command.sql)
        return { kind: 'inspected', statement: { readonly, reader } }
      }
      case 'execute':
        return this.#execute(command)
      case 'stream': {
        const { sql, parameters, reader, cancelled } = command
        this.#readers.set(reader, this.#connection.openReader(sql, parameters, this.#throwIfSet(cancelled)))
        return DONE
      }
      case 'read':
        return this.#read(command)
      case 'end':
        this.#endReading(command.reader)
        return DONE
      case 'copy':
        return this.#copy(command)
      case 'close':
        this.#connection.close()
        return DONE
    }
  }

  #execute({ sql, parameters, cancellable }: CommandOf<'execute'>): Outcome | RowsOutcome<unknown[]> {
    const { rows, insertId, numAffectedRows } = cancellable
      ? this.#cancellably(sql, parameters)
      : this.#connection.execute(sql, parameters)
    if (insertId === undefined) return { kind: 'rows', rows, isAtEnd: true }
    return { kind: 'run', changes: Number(numAffectedRows), lastInsertRowid: insertId }
  }

  /** Looks between the rows whether it is to end. A statement that writes has done so before its first row. */
  #cancellably(sql: string, parameters: readonly unknown[]): StatementResult {
    this.#throwIfCancelled()
    const { reader, readonly } = this.#connection.inspect(sql)
    if (!reader || !readonly) return this.#connection.execute(sql, parameters)
    return { rows: readAll(this.#connection.openReader(sql, parameters, this.#throwIfCancelled)) }
  }

  /** Reads in the user's chunks, so that an error comes after the same rows as from a connection in the user's own thread. */
  #read({ reader: number, chunkSize, chunks }: CommandOf<'read'>): RowsOutcome<unknown[]> {
    const reader = this.#readers.get(number)
    if (reader === undefined) return { kind: 'rows', rows: [], isAtEnd: true }
    const read: unknown[][] = []
    const until = performance.now() + BLOCK_TIME
    for (let n = 0; n < chunks && !reader.isAtEnd; n += 1) {
      if (n > 0 && performance.now() > until) break
      try {
        read.push(reader.read(chunkSize))
      } catch (error) {
        if (read.length === 0) throw error
        break
      }
    }
    const { isAtEnd } = reader
    if (isAtEnd) this.#endReading(number)
    return { kind: 'rows', rows: read.length === 1 ? read[0]! : read.flat(), isAtEnd }
  }

  async #copy({ file, pagesPerStep, words: buffer }: CommandOf<'copy'>): Promise<Outcome> {
    const words = new CopyWords(buffer)
    const onStep = (progress: CopyProgress): void => {
      if (words.cancelled) throw this.#connection.interrupted()
      words.note(progress)
    }
    await this.#connection.copyTo(file, { pagesPerStep, onStep })
    return DONE
  }

  #throwIfSet(word: SharedArrayBuffer): () => void {
    const words = new Int32Array(word)
    return () => {
      if (Atomics.load(words, 0) !== 0) throw this.#connection.interrupted()
    }
  }

  #endReading(reader: number): void {
    this.#readers.get(reader)?.close()
    this.#readers.delete(reader)
  }
}

const DONE: Outcome = { kind: 'done' }

/** Milliseconds. Rows that take longer to read are large: they come one chunk at a time. */
const BLOCK_TIME = 2
