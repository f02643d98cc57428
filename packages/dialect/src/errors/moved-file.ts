import { docsOf } from '@poolclass/pools/docs-of'
import { DialectError } from './dialect-error.ts'

/** Why no further connection is opened. */
export const MOVED_FILE: string =
  'The database file was moved, deleted or replaced while connections had it open. Put it back. If you cannot, end the process, ' +
  'and move the -wal file along with it before anything opens either file.'

/** A new connection would open another file than the open connections have, and would use their WAL as its own. */
export class MovedFileError extends DialectError {
  readonly code = 'POOLCLASS_MOVED_FILE'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'MovedFileError'
  }

  constructor(path: string) {
    super(`Cannot open another connection to ${path}. ${MOVED_FILE}`)
  }
}
