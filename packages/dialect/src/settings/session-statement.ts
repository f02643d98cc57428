import type { SessionKeyword } from '../connection/first-keyword.ts'
import type { Connection, StatementResult } from '../connection/connection.ts'
import type { WhileBusy } from '../waiting/busy.ts'
import { runAttachment } from './attachment.ts'
import { runPragma } from './pragma.ts'
import type { SessionChanges } from './session-settings.ts'

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

/**
 * Runs a `PRAGMA`, `ATTACH` or `DETACH`. Only the statement itself is repeated while a lock is in its way, not what is
 * asked before and after it.
 */
export function runSessionStatement(
  keyword: SessionKeyword,
  connection: Connection,
  sql: string,
  parameters: readonly unknown[],
  surroundings: Surroundings,
): Promise<SessionStatementOutcome> {
  const runStatement = keyword === 'pragma' ? runPragma : runAttachment
  return runStatement(connection, sql, parameters, surroundings)
}
