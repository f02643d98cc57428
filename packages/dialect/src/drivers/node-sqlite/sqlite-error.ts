import { SqliteError } from '../sqlite-error.ts'

/** What `node:sqlite` has thrown, as its user is to get it: an error of SQLite's own has the name of its code. */
export function understood(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  if ('code' in error && error.code === 'ERR_OUT_OF_RANGE') return withWayOut(error)
  if (!('errcode' in error) || typeof error.errcode !== 'number') return error
  // Of all that SQLite does here, only binding can fail so.
  if (error.errcode === RANGE) return new RangeError('Too many parameter values were provided')
  return new SqliteError(error.message, codeName(error.errcode))
}

/** An integer is beyond what a number holds. */
function withWayOut(error: Error): Error {
  error.message +=
    '. Numbers hold integers up to 2^53, and node:sqlite does not round: set connectArgs.safeIntegers to true, and integers ' +
    'arrive as bigints. If the statement writes, it has written.'
  return error
}

/** https://www.sqlite.org/rescode.html#range */
const RANGE = 25

/** The name of an extended result code, or of the primary one where it is newer than this list. */
function codeName(code: number): string {
  const primary = PRIMARY[code & 0xff]
  if (primary === undefined) return `SQLITE_UNKNOWN_${code}`
  const [name, ...extended] = primary
  const more = extended[(code >> 8) - 1]
  return more === undefined ? `SQLITE_${name}` : `SQLITE_${name}_${more}`
}

/** https://www.sqlite.org/rescode.html: by number, a primary code with its extended ones, the first of which has 1 in the second byte. */
const PRIMARY: Readonly<Record<number, readonly (string | undefined)[]>> = {
  1: ['ERROR', 'MISSING_COLLSEQ', 'RETRY', 'SNAPSHOT', 'RESERVESIZE', 'KEY', 'UNABLE'],
  2: ['INTERNAL'],
  3: ['PERM'],
  4: ['ABORT', undefined, 'ROLLBACK'],
  5: ['BUSY', 'RECOVERY', 'SNAPSHOT', 'TIMEOUT'],
  6: ['LOCKED', 'SHAREDCACHE', 'VTAB'],
  7: ['NOMEM'],
  8: ['READONLY', 'RECOVERY', 'CANTLOCK', 'ROLLBACK', 'DBMOVED', 'CANTINIT', 'DIRECTORY'],
  9: ['INTERRUPT'],
  10: [
    'IOERR',
    'READ',
    'SHORT_READ',
    'WRITE',
    'FSYNC',
    'DIR_FSYNC',
    'TRUNCATE',
    'FSTAT',
    'UNLOCK',
    'RDLOCK',
    'DELETE',
    'BLOCKED',
    'NOMEM',
    'ACCESS',
    'CHECKRESERVEDLOCK',
    'LOCK',
    'CLOSE',
    'DIR_CLOSE',
    'SHMOPEN',
    'SHMSIZE',
    'SHMLOCK',
    'SHMMAP',
    'SEEK',
    'DELETE_NOENT',
    'MMAP',
    'GETTEMPPATH',
    'CONVPATH',
    'VNODE',
    'AUTH',
    'BEGIN_ATOMIC',
    'COMMIT_ATOMIC',
    'ROLLBACK_ATOMIC',
    'DATA',
    'CORRUPTFS',
    'IN_PAGE',
    'BADKEY',
    'CODEC',
  ],
  11: ['CORRUPT', 'VTAB', 'SEQUENCE', 'INDEX'],
  12: ['NOTFOUND'],
  13: ['FULL'],
  14: ['CANTOPEN', 'NOTEMPDIR', 'ISDIR', 'FULLPATH', 'CONVPATH', 'DIRTYWAL', 'SYMLINK'],
  15: ['PROTOCOL'],
  16: ['EMPTY'],
  17: ['SCHEMA'],
  18: ['TOOBIG'],
  19: [
    'CONSTRAINT',
    'CHECK',
    'COMMITHOOK',
    'FOREIGNKEY',
    'FUNCTION',
    'NOTNULL',
    'PRIMARYKEY',
    'TRIGGER',
    'UNIQUE',
    'VTAB',
    'ROWID',
    'PINNED',
    'DATATYPE',
  ],
  20: ['MISMATCH'],
  21: ['MISUSE'],
  22: ['NOLFS'],
  23: ['AUTH', 'USER'],
  24: ['FORMAT'],
  25: ['RANGE'],
  26: ['NOTADB'],
}
