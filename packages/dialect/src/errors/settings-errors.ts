import { docsOf } from '@poolclass/pools/docs-of'
import { masked } from '../masked.ts'
import { DialectError } from './dialect-error.ts'

/** `ATTACH ':memory:'`, or a temporary database, on a pool with more than one connection. The others could never see it. */
export class PrivateAttachmentError extends DialectError {
  readonly code = 'POOLCLASS_PRIVATE_ATTACHMENT'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'PrivateAttachmentError'
  }

  constructor(schema: string) {
    super(
      `Cannot attach "${schema}": a database in memory, or a temporary one, belongs to the connection that attaches it, ` +
        'and the pool has others, each of which would see an empty one. Inside db.connection() it can be attached for one ' +
        `connection alone, by any statement but the first. Or attach '${memdbOf(schema)}', which all connections of the process share.`,
    )
  }
}

/** `ATTACH 'file.db'` on shared memory. SQLite would use the same VFS, so it would open memory instead of the file. */
export class AttachmentInMemoryError extends DialectError {
  readonly code = 'POOLCLASS_ATTACHMENT_IN_MEMORY'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'AttachmentInMemoryError'
  }

  constructor(schema: string) {
    super(
      `Cannot attach "${schema}" like this: SQLite opens what is attached to a shared memory database in memory too, not ` +
        `the file. For a file, name the VFS: attach 'file:/path/to/file.db?vfs=${FILE_VFS}'. For memory that is shared by ` +
        `name: attach '${memdbOf(schema)}'.`,
    )
  }
}

/** The URI, as it can stand in a string literal of SQL. */
function memdbOf(schema: string): string {
  return `file:/${encodeURIComponent(schema).replaceAll("'", '%27')}?vfs=memdb`
}

const FILE_VFS = process.platform === 'win32' ? 'win32' : 'unix'

/** A `PRAGMA` or `ATTACH` succeeded on one connection, but another connection of the same pool refuses it. */
export class SettingReplayError extends DialectError {
  readonly code = 'POOLCLASS_SETTING_REPLAY'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'SettingReplayError'
  }

  constructor(sql: string, label: string, cause: unknown) {
    const refusal = masked(cause instanceof Error ? cause.message : String(cause))
    super(
      `${refusal}: the statement \`${masked(sql)}\` ran on one connection and ` +
        `counts for all of them, but connection ${label} refuses it.`,
      { cause },
    )
  }
}

/** A `PRAGMA rekey` would leave the other connections with the wrong key. */
export class RekeyError extends DialectError {
  readonly code = 'POOLCLASS_REKEY'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'RekeyError'
  }

  /** @param how Completes the sentence “Cannot give the file another key …”. */
  constructor(how: string) {
    super(
      `Cannot give the file another key ${how}: the other connections would have the wrong one. Use dialect.rekey(), or ` +
        "PRAGMA rekey = 'text' outside of a transaction.",
    )
  }
}
