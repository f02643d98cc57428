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
      `Cannot attach "${schema}", because a memory or temporary database belongs to the connection that attaches it, and the ` +
        `other connections of the pool would not see it. Use attach '${memdbOf(schema)}', which all connections of the process ` +
        'share. Or attach it to one connection alone: inside db.connection(), after another statement.',
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
      `Cannot attach "${schema}" like this, because SQLite would look for it in memory, as the main database is in shared ` +
        `memory. To attach a file, name the VFS: attach 'file:/path/to/file.db?vfs=${FILE_VFS}'. To attach shared memory, ` +
        `name it: attach '${memdbOf(schema)}'.`,
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
      `${refusal}: the statement \`${masked(sql)}\` ran on one connection and applies to all, but connection ${label} refuses it. ` +
        'For one connection alone, send it inside db.connection(), after another statement.',
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

  /** @param how Completes the sentence “Cannot change the key of the file …”. */
  constructor(how: string) {
    super(
      `Cannot change the key of the file ${how}, because the other connections would then have the wrong key. Use ` +
        "dialect.rekey(), or PRAGMA rekey = 'text' outside of a transaction.",
    )
  }
}
