import { type Channel, channel, tracingChannel } from 'node:diagnostics_channel'
import type { PoolOfMessage, TraceMessage } from '@poolclass/pools'
import type { TraceChannel } from '@poolclass/pools/trace'
import type { TransactionMode } from '../config/dialect-config.ts'
import type { Engine } from '../engine.ts'
import type { WaitHolder, WaitKind } from '../session/waits.ts'
import { nameOf } from '../url/sqlite-location.ts'

/** Where a message comes from. */
export interface MessageSource {
  /** The name of the database: the last part of a file's path, the name of a shared memory, or `:memory:`. */
  readonly database: string
  readonly pool: PoolOfMessage
}

/** The message of the tracing channel `poolclass:query`: a statement, its waits included. It has SQL and no values. */
export interface QueryMessage extends MessageSource, TraceMessage {
  /** Without what could be a key or a secret: a `PRAGMA` or an `ATTACH` ends before its first value. */
  readonly sql: string
  /** A number for what Kysely holds from acquire to release: a query, a transaction, a `db.connection()`. */
  readonly session: number
  /** It was sent by `stream()`. The duration ends with the last row that was read. */
  readonly isStream: boolean
  /**
   * How long it has waited so far, in milliseconds: while all connections of the pool were out, in the line of this thread's
   * writers, for a lock that another connection, thread or process holds, and for a checkpoint of a WAL beyond its limit.
   */
  readonly waited: Record<WaitKind, number>
  /** The label of the connection that it ran on, such as `app.db#2`. Absent until its end, and where it never got one. */
  connection?: string
  /** How many rows it gave. */
  rows?: number
  /** How many rows it changed. Absent for a statement that returns rows. */
  changes?: number
}

/**
 * The message of the tracing channel `poolclass:transaction`. `start` and `end` come when it begins, `asyncStart` and
 * `asyncEnd` when it is over. `error` comes for each failure, and leaves it open where Kysely rolls it back afterwards.
 */
export interface TransactionMessage extends MessageSource, TraceMessage {
  readonly session: number
  readonly mode: TransactionMode
  readonly isReadOnly: boolean
  /** The label of its connection. Absent until it has begun. */
  connection?: string
  /** How it ended. Absent until then, and where it could not begin. */
  outcome?: 'commit' | 'rollback'
}

/** The message of the channel `poolclass:wait`: a wait has ended, in vain or not. */
export interface WaitMessage extends MessageSource {
  /**
   * What it was for: a place at the head of the `line` of this thread's writers; a `lock` of SQLite's that another connection,
   * thread or process holds; a `connection` of the pool; a `checkpoint` of a WAL that is beyond `walLimit`.
   */
  readonly kind: WaitKind
  /** Who waited. Absent for a connection that was being opened. */
  readonly session?: number
  /** The statement that waited. Absent where it was none. */
  readonly sql?: string
  /** The label of the connection that it has. */
  readonly connection?: string
  /** The writer that it waited for when it joined the line. Absent for other kinds, and if there was none or it is not known. */
  readonly holder?: WaitHolder
  /** In milliseconds on the clock of `performance.now()`. */
  readonly startTime: number
  /** In milliseconds. */
  readonly duration: number
  /** Why it was in vain: a time-out, an abort. */
  readonly error?: unknown
}

/** The message of the channel `poolclass:checkpoint`: a checkpoint that the dialect has made. */
export interface CheckpointMessage extends MessageSource {
  readonly mode: 'passive' | 'full' | 'restart' | 'truncate'
  /** The size of the file in bytes. It stays as it is if the checkpoint does not truncate the file. */
  readonly walBefore: number
  readonly walAfter: number
  /** All of the WAL is in the database file now. */
  readonly isComplete: boolean
  /** In milliseconds on the clock of `performance.now()`. */
  readonly startTime: number
  /** In milliseconds. */
  readonly duration: number
  /** Why there was none. */
  readonly error?: unknown
}

export const queryChannel: TraceChannel<QueryMessage> = tracingChannel('poolclass:query')
export const transactionChannel: TraceChannel<TransactionMessage> = tracingChannel('poolclass:transaction')
const waitChannel: Channel = channel('poolclass:wait')
const checkpointChannel: Channel = channel('poolclass:checkpoint')

export function sourceOf({ config, pool }: Engine): MessageSource {
  return { database: nameOf(config.location), pool }
}

/** Somebody wants to be told of what sessions do. */
export function sessionsAreObserved(): boolean {
  return queryChannel.hasSubscribers || transactionChannel.hasSubscribers || waitChannel.hasSubscribers
}

export function tellWait(message: WaitMessage): void {
  waitChannel.publish(message)
}

export function tellCheckpoint(message: CheckpointMessage): void {
  checkpointChannel.publish(message)
}
