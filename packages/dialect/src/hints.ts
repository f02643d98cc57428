import type { Connection } from './connection/connection.ts'
import type { SqliteLocation } from './url/sqlite-location.ts'

/**
 * Adds to an error of SQLite's, or of better-sqlite3's, what its user needs to know here. The original text stays in
 * front, because ORMs recognise errors by it.
 */
export async function addHint(
  error: unknown,
  location: SqliteLocation,
  connection: Connection | undefined,
): Promise<void> {
  if (!(error instanceof Error)) return
  const hint = hintFor(error) ?? (await emptyMemoryHint(error, location, connection))
  if (hint === undefined) return
  const { message } = error
  error.message = `${message}. ${hint}`
  if (error.stack !== undefined) error.stack = error.stack.replace(message, () => error.message)
}

function hintFor(error: Error): string | undefined {
  if ('code' in error && error.code === 'SQLITE_BUSY_SNAPSHOT') return BUSY_SNAPSHOT
  switch (error.message) {
    case 'cannot commit - no transaction is active':
    case 'cannot rollback - no transaction is active':
      return (
        'Statements sent through `db` may each run on another connection, and a transaction that is left open is ' +
        'rolled back. Use db.transaction(), db.startTransaction() or db.connection().'
      )
    case 'file is not a database':
      return ENCRYPTED
    case 'SQLite3 can only bind numbers, strings, bigints, buffers, and null':
      return (
        'A boolean is 1 or 0 in SQLite, a Date is text or a number, an object is JSON text, and a DataView or Float16Array the ' +
        'Uint8Array of its bytes: convert it first.'
      )
    case 'This database connection is busy executing a query':
      return 'A stream is still reading on this connection: end it first, or write on another connection.'
    case 'This statement does not return data. Use run() instead':
      return 'With Kysely: there are no rows to stream, so use execute().'
    default:
      return undefined
  }
}

const ENCRYPTED =
  "It is damaged, a file of another kind, or encrypted, which needs driver: 'better-sqlite3-multiple-ciphers', and the key that it has now."

const BUSY_SNAPSHOT =
  'The transaction began with a read, and somebody else has written since: SQLite cannot let it write any more ' +
  "(https://www.sqlite.org/rescode.html#busy_snapshot). Begin it with transactionMode: 'immediate', or run it again."

/** The trap of every newcomer: a second connection, thread or process finds its own, empty memory database. */
async function emptyMemoryHint(
  error: Error,
  { kind }: SqliteLocation,
  connection: Connection | undefined,
): Promise<string | undefined> {
  if (kind !== 'memory' || connection === undefined || !error.message.startsWith('no such table'))
    return undefined
  const { rows } = await connection.execute("select 1 from sqlite_schema where type = 'table' limit 1", [])
  if (rows.length > 0) return undefined
  return (
    'This memory database has no tables at all. It is private to this dialect and this thread: what another thread, or ' +
    "another dialect, creates in ':memory:' is in another database, and what a closed connection created is gone. To " +
    "share one within the process, use the URL 'file:app?mode=memory&cache=shared'."
  )
}
