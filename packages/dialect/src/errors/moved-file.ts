import { docsOf } from '@poolclass/pools/docs-of'
import { DialectError } from './dialect-error.ts'

/** Why nothing is opened beside the connections of the pool. */
export const MOVED_FILE: string =
  'The database file was moved, deleted or replaced while connections had it open. Put it back. If you cannot, end the process, ' +
  'and rename the -wal file in the same way before anything opens either.'

/** A connection would have another file than those that are open, and would take their WAL for its own. */
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
