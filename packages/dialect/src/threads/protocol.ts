import type { MessagePort } from 'node:worker_threads'
import type { StatementKind } from '../connection/connection.ts'
import type { LibraryName } from '../drivers/driver-traits.ts'
import type { Opening } from '../drivers/local/opening.ts'
import type { PackedError } from './packed-error.ts'
import type { PackedRows } from './packed-rows.ts'

/**
 * What the calling thread asks of a connection in a worker. `wire.ts` says how it travels.
 *
 * `cancelled` is one word, which is not 0 where what runs is to end between two rows.
 */
export type Command =
  | {
      readonly kind: 'open'
      readonly opening: Opening
      readonly label: string
      readonly cancelled: SharedArrayBuffer
    }
  | { readonly kind: 'inspect'; readonly sql: string }
  | {
      readonly kind: 'execute'
      readonly sql: string
      readonly parameters: readonly unknown[]
      readonly cancellable: boolean
    }
  | {
      readonly kind: 'stream'
      readonly sql: string
      readonly parameters: readonly unknown[]
      readonly reader: number
      readonly cancelled: SharedArrayBuffer
    }
  /** At most so many chunks. */
  | { readonly kind: 'read'; readonly reader: number; readonly chunkSize: number; readonly chunks: number }
  | { readonly kind: 'end'; readonly reader: number }
  | {
      readonly kind: 'copy'
      readonly file: string
      readonly pagesPerStep: number
      /** Those of `CopyWords`. */
      readonly words: SharedArrayBuffer
    }
  | { readonly kind: 'close' }

export type CommandOf<Kind extends Command['kind']> = Extract<Command, { readonly kind: Kind }>

export interface Request {
  /** Its replies bear the same. */
  readonly id: number
  readonly connection: number
  readonly command: Command
}

/** What came of a command that gives no rows. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'inspected'; readonly statement: StatementKind }
  | { readonly kind: 'run'; readonly changes: number; readonly lastInsertRowid: number | bigint }
  | { readonly kind: 'error'; readonly error: PackedError }

/** The rows, or the last of them. `isAtEnd`: the reader that was asked has no more. */
export interface RowsOutcome<Rows> {
  readonly kind: 'rows'
  readonly rows: Rows
  readonly isAtEnd: boolean
}

/** Some of the rows. More replies to the same request follow. */
export interface PartOutcome {
  readonly kind: 'part'
  readonly rows: PackedRows
}

export interface Reply {
  readonly id: number
  readonly inTransaction: boolean
  readonly outcome: Outcome | RowsOutcome<PackedRows> | PartOutcome
}

/** What a worker is started with. */
export interface WorkerStart {
  /** What opens the connections. */
  readonly library: LibraryName
  readonly port: MessagePort
  /** The words of `Signal`. */
  readonly signals: SharedArrayBuffer
  /** The module of the config's `creator`. */
  readonly creator: string | undefined
}

/** The words of the memory that both threads see. */
export const Signal = {
  /** Counts the lists of requests that were posted: the worker sleeps until it changes. */
  posted: 0,
  /** Counts the parts of results that were taken: the worker is never more than some parts ahead. */
  taken: 1,
  /** A value of `Loading`. */
  loading: 2,
  /** When the last list of requests was posted, by `microseconds`. */
  postedAt: 3,
  /**
   * For how many microseconds it is of use to look for a message: from when the worker was looking for a list of requests and one came, until
   * it sleeps. Else 0.
   */
  longestLook: 4,
  /** Counts the replies that were posted. */
  answered: 5,
  /** Counts the replies whose numbers were taken from `SharedNumbers`. */
  numbersTaken: 6,
  /** A multiple of eight, because numbers follow. */
  bytes: 32,
} as const

/** Of a part of a result. */
export const VALUES_PER_PART = 4000

/** Waking a thread costs as much as taking a part: it is not done for each. */
export const PARTS_PER_SIGNAL = 8
