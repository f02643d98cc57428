import { masked } from './masked.ts'

/** The base class of every error that `@poolclass/dialect` raises itself. SQLite's own errors are not among them. */
export abstract class DialectError extends Error {
  /** Stable across versions, unlike the message: compare this one. */
  abstract readonly code: string

  static {
    this.prototype.name = 'DialectError'
  }
}

/**
 * What is wrong with a URL.
 *
 * SQLite itself refuses `authority`, `mode` and `cache`. The others are stricter than SQLite, which would
 * open something else than the user meant:
 *
 * - `type`: neither a string nor a `URL`.
 * - `scheme`: not one of SQLite's, or spelt so that SQLite would take the URL for a file name.
 * - `form`: a `sqlite:` URL that SQLAlchemy would not take either, or that lacks `uri=true`.
 * - `fragment`: a `#` in a `file:` URI, where SQLite stops reading.
 * - `parameter`: a parameter that SQLite does not know, or one that belongs in the config.
 * - `value`: a parameter's value that SQLite would replace by the default.
 * - `encoding`: a NUL, or what is not Unicode.
 * - `name`: a file name that is surely a mistake (`file:…`, `sqlite:…`, `:memory`, a directory, white space around it,
 *   `undefined`, `${DB}`).
 * - `conflict`: parameters that do not go together, such as `cache=shared` for a database without a name.
 */
export type SqliteUrlReason =
  | 'type'
  | 'scheme'
  | 'form'
  | 'authority'
  | 'fragment'
  | 'mode'
  | 'cache'
  | 'parameter'
  | 'value'
  | 'encoding'
  | 'name'
  | 'conflict'

/** The parts of a {@link SqliteUrlError}. Passwords, tokens and keys are masked in all of them. */
export interface SqliteUrlErrorDetails {
  readonly url: string
  readonly part: string
  readonly reason: SqliteUrlReason
  readonly didYouMean?: string
}

/** A URL that names no SQLite database, or surely not the one that the user meant. */
export class SqliteUrlError extends DialectError {
  readonly code = 'POOLCLASS_URL'
  /** The whole URL, secrets masked. */
  readonly url: string
  /** The part at fault. */
  readonly part: string
  readonly reason: SqliteUrlReason
  /** A URL or a part that is valid and near, if there is one. */
  readonly didYouMean: string | undefined

  static {
    this.prototype.name = 'SqliteUrlError'
  }

  constructor(message: string, details: SqliteUrlErrorDetails) {
    super(message)
    this.url = details.url
    this.part = details.part
    this.reason = details.reason
    this.didYouMean = details.didYouMean
  }
}

/** A config that cannot work: a key that does not exist, a value that makes no sense, options that exclude each other. */
export class DialectConfigError extends DialectError {
  readonly code = 'POOLCLASS_CONFIG'
  /** The key at fault, as in `connectArgs.timeout`. */
  readonly key: string

  static {
    this.prototype.name = 'DialectConfigError'
  }

  constructor(key: string, message: string) {
    super(message)
    this.key = key
  }
}

/** The addon was loaded before with URI file names off, and what was asked for needs them. */
export class UriSupportError extends DialectError {
  readonly code = 'POOLCLASS_URI_OFF'

  static {
    this.prototype.name = 'UriSupportError'
  }

  constructor(filename: string) {
    super(
      `Cannot open ${filename}: better-sqlite3 was loaded in this process with SQLite's URI file names switched off, ` +
        'and they cannot be switched on later. Import @poolclass/dialect on the main thread before anything opens a ' +
        'better-sqlite3 database, or start Node.js with the environment variable SQLITE_USE_URI=1. Where Vitest runs ' +
        'tests in threads, a globalSetup module can import it.',
    )
  }
}

/** An extension of SQLite could not be loaded. */
export class ExtensionError extends DialectError {
  readonly code = 'POOLCLASS_EXTENSION'

  static {
    this.prototype.name = 'ExtensionError'
  }
}

/** A file was to be encrypted anew in a way that would leave the other connections without the key. */
export class RekeyError extends DialectError {
  readonly code = 'POOLCLASS_REKEY'

  static {
    this.prototype.name = 'RekeyError'
  }

  /** @param how Completes the sentence. */
  constructor(how: string) {
    super(
      `Cannot give the file another key ${how}: the other connections would have the wrong one. Use dialect.rekey(), or ` +
        "PRAGMA rekey = 'text' outside of a transaction.",
    )
  }
}

/** What a driver needs is not there: its package, or a version of Node.js that has it. */
export class DriverMissingError extends DialectError {
  readonly code = 'POOLCLASS_DRIVER_MISSING'

  static {
    this.prototype.name = 'DriverMissingError'
  }

  /** @param otherwise What else the user can do, as a sentence. */
  static ofPackage(name: string, cause: unknown, otherwise?: string): DriverMissingError {
    const message =
      `The driver '${name}' needs the package ${name}, which could not be loaded: ` +
      `${cause instanceof Error ? cause.message : String(cause)}. Install it: npm install ${name}`
    return new DriverMissingError(otherwise === undefined ? message : `${message}. ${otherwise}`, { cause })
  }
}

/** A database cannot be backed up there, or not so. */
export class BackupError extends DialectError {
  readonly code = 'POOLCLASS_BACKUP'

  static {
    this.prototype.name = 'BackupError'
  }

  /** @param path The destination. */
  constructor(path: string, why: string, cause?: unknown) {
    super(`Cannot back up to ${path}: ${why}`, cause === undefined ? undefined : { cause })
  }
}

/** A database cannot be filled from there, or not so. */
export class RestoreError extends DialectError {
  readonly code = 'POOLCLASS_RESTORE'

  static {
    this.prototype.name = 'RestoreError'
  }

  /** @param path The source. */
  constructor(path: string, why: string) {
    super(`Cannot restore from ${path}: ${why}`)
  }
}

/** The database was destroyed while a query waited for its connection, or while it was backed up. */
export class DestroyedError extends DialectError {
  readonly code = 'POOLCLASS_DESTROYED'

  static {
    this.prototype.name = 'DestroyedError'
  }

  constructor() {
    super(
      'The query or backup was not carried out: db.destroy() was called before it had a connection, or before its end. Await what is ' +
        'under way before destroying, or create a new Kysely instance.',
    )
  }
}

/** The worker thread of a connection ended while something was asked of it. */
export class ThreadDiedError extends DialectError {
  readonly code = 'POOLCLASS_THREAD_DIED'

  static {
    this.prototype.name = 'ThreadDiedError'
  }

  /**
   * @param why What ended it.
   * @param wasOpen The connection had been opened.
   */
  constructor(label: string, why: unknown, wasOpen: boolean) {
    const reason = why instanceof Error ? why.message : String(why)
    super(
      `The worker thread of connection ${label} ended${wasOpen ? '' : ' before the connection was open'}: ${reason}. ` +
        (wasOpen ? WHAT_BECAME : 'Nothing was lost. ') +
        'Who asks the pool next gets a new connection, in a new thread.',
      { cause: why },
    )
  }
}

const WHAT_BECAME =
  'An open transaction was rolled back, and a private memory database is gone. A single statement, or a commit, that was ' +
  'under way may have been carried out or not. '

/** The handle of a connection was asked for, which is in another thread. */
export class HandleElsewhereError extends DialectError {
  readonly code = 'POOLCLASS_HANDLE_ELSEWHERE'

  static {
    this.prototype.name = 'HandleElsewhereError'
  }

  constructor(label: string) {
    super(
      `dialect.withConnection() has no handle for connection ${label}, which is in a worker thread: a handle cannot leave its ` +
        'thread. For functions and aggregates on every connection, name a module that opens the handles, which each thread ' +
        "loads: creator: new URL('./open.js', import.meta.url). For anything else, use threads: 0.",
    )
  }
}

/** The rest of a stream can no longer be read. */
export class StreamEndedError extends DialectError {
  readonly code = 'POOLCLASS_STREAM_ENDED'

  static {
    this.prototype.name = 'StreamEndedError'
  }

  constructor() {
    super(
      'The stream was ended before all rows were read: its transaction was rolled back, or its connection was given back ' +
        'or closed. Read a stream to its end, or leave its loop, before that.',
    )
  }
}

/** A query came too late: its connection was released, or its transaction had ended, before it could begin. */
export class ReleasedError extends DialectError {
  readonly code = 'POOLCLASS_RELEASED'

  static {
    this.prototype.name = 'ReleasedError'
  }

  /** @param ended What had ended before the query could begin. */
  constructor(ended: 'session' | 'transaction' = 'session') {
    super(ended === 'session' ? CONNECTION_RELEASED : TRANSACTION_ENDED)
  }
}

const CONNECTION_RELEASED =
  'This connection was released, and may be in other hands: it cannot run anything. Await every query inside ' +
  'db.connection() or db.transaction(), and keep no connection beyond them.'

const TRANSACTION_ENDED =
  'This query did not run: before its turn came, the transaction that it was sent in was committed or rolled back, or ' +
  'rolled back to a savepoint. Await every query inside db.transaction(), and before commit(), rollback() and ' +
  'rollbackToSavepoint().'

/** What may have ended a transaction instead of its owner. */
export interface TransactionLostOptions extends ErrorOptions {
  /** The statement that was sent in it, which ended it; absent where SQLite has rolled it back on its own. */
  readonly sent?: 'commit' | 'rollback' | undefined
}

/** A transaction has ended before its owner ended it, so nothing can be added to it or committed. */
export class TransactionLostError extends DialectError {
  readonly code = 'POOLCLASS_TRANSACTION_LOST'

  static {
    this.prototype.name = 'TransactionLostError'
  }

  constructor({ sent, ...options }: TransactionLostOptions = {}) {
    super(sent === undefined ? ROLLED_BACK : endedByStatement(sent), options)
  }
}

const ROLLED_BACK =
  'The transaction has ended: SQLite has rolled it back because of an earlier error in it ' +
  '(https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction). Nothing of it was ' +
  'saved, and nothing can be added. Let that error end the transaction, and run it again.'

function endedByStatement(sent: 'commit' | 'rollback'): string {
  return (
    `The transaction has ended: a \`${sent}\` was sent in it as a statement. What was done before it is ` +
    `${sent === 'commit' ? 'saved' : 'undone'}; each statement after it stands alone. Leave it to db.transaction() to end ` +
    'the transaction, or use db.startTransaction() with its commit() and rollback().'
  )
}

/** `ATTACH ':memory:'` and the like, where the pool has connections that could never see the attached database. */
export class PrivateAttachmentError extends DialectError {
  readonly code = 'POOLCLASS_PRIVATE_ATTACHMENT'

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

/** `ATTACH 'file.db'` where the main database is shared memory: SQLite opens it with the same VFS, in memory. */
export class AttachmentInMemoryError extends DialectError {
  readonly code = 'POOLCLASS_ATTACHMENT_IN_MEMORY'

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

/** As a string literal of SQL takes it. */
function memdbOf(schema: string): string {
  return `file:/${encodeURIComponent(schema).replaceAll("'", '%27')}?vfs=memdb`
}

const FILE_VFS = process.platform === 'win32' ? 'win32' : 'unix'

/** What one connection has accepted (`PRAGMA`, `ATTACH`), another one of the same pool refuses. */
export class SettingReplayError extends DialectError {
  readonly code = 'POOLCLASS_SETTING_REPLAY'

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
