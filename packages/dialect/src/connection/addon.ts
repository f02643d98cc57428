import { isMainThread } from 'node:worker_threads'
import BetterSqlite3 from 'better-sqlite3'
import { type ThreadSafety, threadsafety } from '../threadsafety.ts'

/**
 * Loads better-sqlite3's addon with SQLite's URI file names switched on.
 *
 * The addon is built with `SQLITE_USE_URI=0`, but reads the environment variable of that name when it is first
 * initialised in the process, and never again. A worker's `process.env` is a copy that the addon does not see, so
 * only the main thread can do it, and only before anybody else opens a database. A value that the user has set
 * stays: `0` is respected, and shared memory then says what is missing.
 */
function loadAddonWithUris(): void {
  const chosen = process.env['SQLITE_USE_URI']
  process.env['SQLITE_USE_URI'] = chosen ?? '1'
  try {
    new BetterSqlite3(':memory:').close()
  } finally {
    if (chosen === undefined) delete process.env['SQLITE_USE_URI']
  }
}

if (isMainThread) loadAddonWithUris()

let understood: boolean | undefined

/**
 * Whether the addon in this process reads URI file names. Asked of SQLite itself, by a URI that names a database
 * in memory: `PRAGMA compile_options` lists `USE_URI` either way.
 */
export function understandsUris(): boolean {
  return (understood ??= probe())
}

function probe(): boolean {
  try {
    new BetterSqlite3('file:probe?mode=memory', { fileMustExist: true }).close()
    return true
  } catch {
    return false
  }
}

let safety: ThreadSafety | undefined

/** What the SQLite build of the addon allows threads to do. */
export function addonThreadSafety(): ThreadSafety {
  return (safety ??= askAddon())
}

function askAddon(): ThreadSafety {
  const database = new BetterSqlite3(':memory:')
  try {
    return threadsafety(database)
  } finally {
    database.close()
  }
}
