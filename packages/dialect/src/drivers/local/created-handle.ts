import type { DatabaseCreator } from '../../config/database-creator.ts'
import { DialectConfigError } from '../../errors/config-errors.ts'
import { realPath } from '../../url/real-path.ts'
import type { FileLocation } from '../../url/sqlite-location.ts'
import { isBusy } from '../../waiting/busy.ts'
import type { SqliteHandle } from './handle.ts'
import { rejectUnopenable } from './open-handle.ts'
import type { Opening } from './opening.ts'
import type { SqliteLibrary } from './sqlite-library.ts'

/** What creators have returned to connections of this thread. */
const taken = new WeakSet<object>()

/**
 * Lets the user's creator open a handle, and checks that it is what the config says.
 *
 * @throws DialectConfigError if it is not, or if SQLite cannot tell. The handle is closed then.
 */
export function createdHandle(
  creator: DatabaseCreator,
  library: SqliteLibrary,
  opening: Opening,
): SqliteHandle {
  rejectUnopenable(library, opening)
  const { location, filename } = opening
  const created: unknown = creator(location, { filename, options: library.options(opening) })
  if (typeof created === 'object' && created !== null && taken.has(created)) {
    throw refused('returned a Database that another connection has or had. Open a new one in each call')
  }
  try {
    const adopted = library.adopt(created, opening.safeIntegers)
    if (adopted === undefined) {
      throw refused(`must return an open database of ${library.name}, at once and not as a promise`)
    }
    const { handle, openedAs } = adopted
    if (handle.inTransaction) throw refused('returned a Database with an open transaction. Commit it')
    if (openedAs !== filename) rejectAnother(handle, openedAs, library, opening)
    taken.add(created as object)
    return handle
  } catch (error) {
    closeIfPossible(created)
    throw error
  }
}

function rejectAnother(
  handle: SqliteHandle,
  openedAs: string | undefined,
  library: SqliteLibrary,
  opening: Opening,
): void {
  const { location, filename } = opening
  if (location.kind === 'file') {
    rejectInvisible(location, openedAs)
    const [main] = handle.pragma('database_list') as readonly { readonly file: string }[]
    if (main !== undefined && main.file !== '' && realPath(main.file) === realPath(location.path)) return
    throw anotherDatabase(filename)
  }
  if (location.kind === 'shared-memory' && !isSharedMemory(handle, library, opening))
    throw anotherDatabase(filename)
}

/** What SQLite does with a file, and does not tell. */
const INVISIBLE = ['immutable', 'nolock', 'psow', 'vfs', 'modeof'] as const

function rejectInvisible(location: FileLocation, openedAs: string | undefined): void {
  const parameter = INVISIBLE.find((name) => location[name] !== undefined)
  if (parameter === undefined) return
  if (openedAs === undefined) {
    throw refused(
      `has opened the file, but the dialect cannot tell whether ${parameter} holds, because a database of node:sqlite, or of ` +
        `another copy of better-sqlite3, does not tell the name that it was opened with. Use ${parameter} without a creator, ` +
        'or use the better-sqlite3 that this package loads',
    )
  }
  throw refused(
    `has opened the file under another name than it was given, so the dialect cannot tell whether ${parameter} holds. ` +
      HOW_TO_OBEY,
  )
}

/**
 * Whether the handle has the memory database of that name: it cannot read while another connection to it is about to write.
 *
 * @throws SqliteError `SQLITE_BUSY` where somebody else is.
 */
function isSharedMemory(handle: SqliteHandle, library: SqliteLibrary, opening: Opening): boolean {
  const other = library.open({ ...opening, readonly: false })
  try {
    other.prepare('begin immediate').run([])
    handle.prepare('select 1 from sqlite_schema limit 1').all([])
    return false
  } catch (error) {
    if (other.inTransaction && isBusy(error)) return true
    throw error
  } finally {
    other.close()
  }
}

function anotherDatabase(filename: string): DialectConfigError {
  return refused(`has opened another database than ${filename}. ${HOW_TO_OBEY}`)
}

/** Ends the message of a refusal. */
export const HOW_TO_OBEY =
  'Open what the creator is given: (location, { filename, options }) => new Database(filename, options)'

/** @param what Completes the sentence “creator …”. */
export function refused(what: string): DialectConfigError {
  return new DialectConfigError('creator', `creator ${what}.`)
}

/** Of a promise, what comes of it. Its rejection is no more than the user's mistake that was reported already. */
function closeIfPossible(created: unknown): void {
  if (typeof created !== 'object' || created === null) return
  if ('then' in created) {
    void Promise.resolve(created).then(closeIfPossible, () => {})
  } else if ('close' in created && typeof created.close === 'function') {
    try {
      created.close()
    } catch {
      // It was closed before.
    }
  }
}
