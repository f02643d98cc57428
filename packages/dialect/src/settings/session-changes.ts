import type { MaybePromise } from '@poolclass/pools'
import type { Connection } from '../connection/connection.ts'

/** Something that a session statement has set of its connection, and that counts for all of them. */
export interface Setting {
  /** Settings of one key replace each other. */
  readonly key: string
  /** For messages. */
  readonly sql: string
  /** The schema that it is about; `''` where the statement names none. */
  readonly schema: string
  /** Does to a connection what the statement has done to its own. Absent where the file says so now: nothing is left to do. */
  readonly replay?: (connection: Connection) => MaybePromise<unknown>
}

/** A setting that attaches its schema. */
export interface Attachment extends Setting {
  readonly replay: (connection: Connection) => Promise<void>
  /** The file name of a memory database that ends with its last connection, unless something keeps it. */
  readonly memory: string | undefined
}

/** What one session statement has changed. */
export interface SessionChanges {
  readonly settings?: readonly Setting[]
  readonly attached?: Attachment
  /** The schema that is no longer attached. */
  readonly detached?: string
  /** In milliseconds. It is no setting of a connection here: the driver waits, not SQLite. */
  readonly busyTimeout?: number
}

/** Whether the connection is no longer as others expect it. */
export function altersConnection({ settings = [], attached, detached }: SessionChanges): boolean {
  const isSet = settings.some(({ replay }) => replay !== undefined)
  return isSet || attached !== undefined || detached !== undefined
}
