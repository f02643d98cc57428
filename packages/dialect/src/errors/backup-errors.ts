import { docsOf } from '@poolclass/pools/docs-of'
import { DialectError } from './dialect-error.ts'

/** `dialect.backup()` cannot write to its destination. */
export class BackupError extends DialectError {
  readonly code = 'POOLCLASS_BACKUP'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'BackupError'
  }

  /** @param path The destination. */
  constructor(path: string, why: string, cause?: unknown) {
    super(`Cannot back up to ${path}. ${why}`, cause === undefined ? undefined : { cause })
  }
}

/** `dialect.restore()` cannot fill the database from its source. */
export class RestoreError extends DialectError {
  readonly code = 'POOLCLASS_RESTORE'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'RestoreError'
  }

  /** @param path The source. */
  constructor(path: string, why: string) {
    super(`Cannot restore from ${path}. ${why}`)
  }
}
