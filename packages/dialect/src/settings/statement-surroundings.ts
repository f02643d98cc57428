import type { StatementResult } from '../connection/connection.ts'
import type { WhileBusy } from '../waiting/busy.ts'
import type { SessionChanges } from './session-changes.ts'

/** What a session statement gave and did. */
export interface SessionStatementOutcome {
  readonly result: StatementResult
  /** Absent where it has changed nothing of the connection. */
  readonly changes?: SessionChanges
}

/** What a `PRAGMA` depends on besides its text. */
export interface PragmaSurroundings {
  /** In milliseconds. */
  readonly busyTimeout: number
  readonly whileBusy: WhileBusy
  /** Closes the idle connections of the pool, and those that are out at their check-in. */
  readonly closeIdle?: () => Promise<void>
  /** Gives all connections of the pool the new key, undefined for none. Absent where the driver does not encrypt. */
  readonly rekeyed?: (key: Uint8Array | undefined) => Promise<void>
  /** Keeps the connection from being lent again, where the pool has others. */
  readonly discard?: () => void
}

/** What a session statement depends on besides its text. */
export interface Surroundings extends PragmaSurroundings {
  /** Other connections are to see what it changes. */
  readonly shared: boolean
  /** The main database is a memdb, whose VFS opens everything that is attached to it, files too. */
  readonly onMemdb: boolean
  /** A name that begins with `file:` is a URI to SQLite. */
  readonly readsUris: boolean
}
