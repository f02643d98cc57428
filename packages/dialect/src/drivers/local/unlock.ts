import { closeSync, openSync, readSync } from 'node:fs'
import { isSqliteError } from '../driver.ts'
import type { SqliteHandle } from './handle.ts'
import type { Opening } from './opening.ts'
import type { SqliteLibrary } from './sqlite-library.ts'

/**
 * Gives a new handle its key, and reads with it: SQLite takes any key, and finds a wrong one at the first page.
 *
 * @throws SqliteError `SQLITE_NOTADB` for a wrong key.
 */
export function unlock(library: SqliteLibrary, handle: SqliteHandle, opening: Opening): void {
  const { key, filename } = opening
  if (key === undefined) return
  setKey(library, handle, key, opening)
  try {
    handle.prepare('select 1 from sqlite_schema limit 1').all([])
  } catch (error) {
    if (!isSqliteError(error, 'SQLITE_NOTADB')) throw error
    throw library.error(`${error.message}: ${filename} (${whyLocked(opening)})`, error.code)
  }
}

function setKey(
  library: SqliteLibrary,
  handle: SqliteHandle,
  key: Uint8Array,
  { filename, location }: Opening,
): void {
  try {
    library.setKey!(handle, key)
  } catch (error) {
    if (!isSqliteError(error) || !('vfs' in location)) throw error
    const why = `the VFS ${location.vfs} does not encrypt; multipleciphers-${location.vfs} does`
    throw library.error(`${error.message}: ${filename} (${why})`, error.code)
  }
}

function whyLocked({ location }: Opening): string {
  if (location.kind === 'file' && startOf(location.path) === UNENCRYPTED)
    return 'it is not encrypted, but was opened with a key'
  return 'the key is wrong, or the file is not a database'
}

/** How a database file begins that is not encrypted, https://www.sqlite.org/fileformat2.html#the_database_header */
const UNENCRYPTED = 'SQLite format 3\0'

/** Empty for a file that cannot be read. */
function startOf(path: string): string {
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, 'r')
    const start = Buffer.alloc(UNENCRYPTED.length)
    return start.toString('latin1', 0, readSync(descriptor, start, 0, start.length, 0))
  } catch {
    return ''
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}
