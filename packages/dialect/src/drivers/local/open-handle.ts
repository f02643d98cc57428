import { isSqliteError } from '../driver.ts'
import type { SqliteHandle } from './handle.ts'
import type { Opening } from './opening.ts'
import type { SqliteLibrary } from './sqlite-library.ts'
import { whyUnopenable } from './unopenable.ts'

export function openHandle(library: SqliteLibrary, opening: Opening): SqliteHandle {
  try {
    return library.open(opening)
  } catch (error) {
    throw withFileName(error, library, opening)
  }
}

/** @throws SqliteError as SQLite would, for a file that cannot be opened; called where somebody else opens it. */
export function rejectUnopenable(
  library: SqliteLibrary,
  { location, filename, readonly, fileMustExist }: Opening,
): void {
  if (location.kind !== 'file') return
  const why = whyUnopenable(location.path, readonly || fileMustExist)
  if (why === undefined) return
  throw library.error(`unable to open database file: ${filename} (${why})`, 'SQLITE_CANTOPEN')
}

/** Says which file could not be opened, and why where that is plain to see; SQLite's message says neither. */
function withFileName(
  error: unknown,
  library: SqliteLibrary,
  { location, filename, readonly, fileMustExist }: Opening,
): unknown {
  if (!isSqliteError(error)) return error
  const { message, code } = error
  const why =
    code === 'SQLITE_CANTOPEN' && location.kind === 'file'
      ? whyUnopenable(location.path, readonly || fileMustExist)
      : undefined
  return library.error(`${message}: ${filename}${why === undefined ? '' : ` (${why})`}`, code)
}
