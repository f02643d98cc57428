import type { SqliteErrorFactory } from '../drivers/driver.ts'

/** What waits in the write queue, or writes. */
export interface Writer {
  /** It holds a connection now. */
  readonly connected: boolean
  readonly connection?: { readonly label: string } | undefined
  /** Where in the code its transaction began. */
  readonly takenAt: Error | undefined
  /** Makes an error in the same way as the driver makes SQLite's own. */
  readonly sqliteError: SqliteErrorFactory
}

/**
 * A writer that runs no code of the user's. It has its connection before it waits in the write queue, releases the write lock
 * soon, and nothing can stop it. So even writers that may not wait for another writer wait for it.
 */
export class BriefWriter implements Writer {
  readonly connected = true
  readonly takenAt = undefined
  readonly connection: { readonly label: string }
  readonly sqliteError: SqliteErrorFactory

  constructor(connection: { readonly label: string }, sqliteError: SqliteErrorFactory) {
    this.connection = connection
    this.sqliteError = sqliteError
  }
}

/** A sentence with the stack of the place where the connection was taken; `''` if that is not known. */
export function whereHeld({ takenAt }: Writer): string {
  return takenAt?.stack?.replace(/^Error: /, 'It is held by ') ?? ''
}
