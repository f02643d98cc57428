import type { MessagePort } from 'node:worker_threads'
import type { StatementKind } from '../connection/connection.ts'
import type { Opening } from '../connection/opening.ts'
import type { PackedError } from './packed-error.ts'
import type { PackedRows } from './packed-rows.ts'

/**
 * What is said between the calling thread and a hosting thread.
 *
 * Requests travel in lists, and so do replies, one for each request and in the same order: neither needs a number.
 * Tuples rather than objects, because the names of properties travel with every object.
 */
export type Request = readonly [connection: number, ...command: Command]

/** `cancelled` is one word, which is not 0 where what runs is to end between two rows. */
export type Command =
  | readonly ['open', opening: Opening, label: string, cancelled: SharedArrayBuffer]
  | readonly ['inspect', sql: string]
  | readonly ['execute', sql: string, parameters: readonly unknown[], cancellable: boolean]
  | readonly [
      'stream',
      sql: string,
      parameters: readonly unknown[],
      reader: number,
      cancelled: SharedArrayBuffer,
    ]
  /** At most so many chunks. */
  | readonly ['read', reader: number, chunkSize: number, chunks: number]
  | readonly ['end', reader: number]
  | readonly ['close']

export type Reply = readonly [inTransaction: boolean, ...outcome: Outcome]

/** Of a request to which more replies follow. */
export type PartialReply = Extract<Reply, readonly [boolean, 'part', ...unknown[]]>

export type FinalReply = Exclude<Reply, PartialReply>

export type Outcome =
  | readonly ['done']
  | readonly ['kind', kind: StatementKind]
  /** Some of the rows. More replies to the same request follow. */
  | readonly ['part', rows: PackedRows]
  /** The rows, or the last of them. `isAtEnd`: the reader that was asked has no more. */
  | readonly ['rows', rows: PackedRows, isAtEnd: boolean]
  | readonly ['run', changes: number, lastInsertRowid: number | bigint]
  | readonly ['error', error: PackedError]

/** What a hosting thread is started with. */
export interface ThreadData {
  readonly port: MessagePort
  /** The words of `Signal`. */
  readonly signals: SharedArrayBuffer
  /** The module of the config's `creator`. */
  readonly creator: string | undefined
}

/** The words of the memory that both threads see. */
export const Signal = {
  /** Counts the lists of requests that were posted: the hosting thread sleeps until it changes. */
  posted: 0,
  /** Counts the parts of results that were taken: the hosting thread is never more than some parts ahead. */
  taken: 1,
  bytes: 8,
} as const

/** Waking a thread costs as much as taking a part: it is not done for each. */
export const PARTS_PER_SIGNAL = 8
