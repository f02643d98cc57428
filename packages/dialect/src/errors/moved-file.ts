import { docsOf } from '@poolclass/pools/docs-of'
import { DialectError } from './dialect-error.ts'

/** A new connection would open another file than the open connections have, and would use their WAL as its own. */
export class MovedFileError extends DialectError {
  static readonly reason: string =
    'The database file was moved, deleted or replaced while connections had it open. Put it back. If you cannot, end the process, ' +
    'and move the -wal file along with it before anything opens either file.'
  readonly code = 'POOLCLASS_MOVED_FILE'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'MovedFileError'
  }

  /** @param path The path of the database file. */
  constructor(path: string) {
    super(`Cannot open another connection to ${path}. ${MovedFileError.reason}`)
  }
}
