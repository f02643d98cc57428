import { existsSync } from 'node:fs'
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
  const hint =
    hintFor(error) ?? heldAloneHint(error, location) ?? (await emptyMemoryHint(error, location, connection))
  if (hint === undefined || error.message.endsWith(hint)) return
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
        'Convert other values first: a boolean to 1 or 0, a Date to text or a number, an object to JSON, ' +
        'a DataView or Float16Array to a Uint8Array of its bytes.'
      )
    case 'This database connection is busy executing a query':
      return 'A stream still reads on this connection. End it first, or write on another connection.'
    case 'This statement does not return data. Use run() instead':
      return 'It has no rows to stream, so call execute() in Kysely.'
    default:
      return undefined
  }
}

const ENCRYPTED =
  "It is damaged, of another kind, or encrypted. An encrypted file needs driver: 'better-sqlite3-multiple-ciphers' and its current key."

const BUSY_SNAPSHOT =
  'The transaction began with a read, and another connection has written since, so SQLite cannot let it write ' +
  "(https://www.sqlite.org/rescode.html#busy_snapshot). Set transactionMode: 'immediate', or run the transaction again."

/** Some process writes the WAL, and has the index of the WAL in its own memory. */
function heldAloneHint(error: Error, location: SqliteLocation): string | undefined {
  const isRefused = 'code' in error && error.code === 'SQLITE_BUSY'
  if (!isRefused || location.kind !== 'file' || location.vfs !== undefined) return undefined
  const { path } = location
  return existsSync(`${path}-wal`) && !existsSync(`${path}-shm`) ? HELD_ALONE : undefined
}

const HELD_ALONE =
  'There is a -wal file and no -shm file, so a process has the database for itself, by vfs=unix-excl or locking_mode ' +
  'exclusive. Nobody else can open it until that process ends or closes it.'

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
    'This memory database has no tables at all. It is private to this dialect and this thread. Another dialect or ' +
    "thread has a ':memory:' database of its own, and what a closed connection created is gone. To " +
    "share one within the process, use the URL 'file:app?mode=memory&cache=shared'."
  )
}
