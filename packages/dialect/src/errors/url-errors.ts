import { docsOf } from '@poolclass/pools/docs-of'
import { DialectError } from './dialect-error.ts'

/**
 * What is wrong with a URL.
 *
 * SQLite itself refuses `authority`, `mode` and `cache`. With the other faults, SQLite would open what you did not mean:
 *
 * - `type`: neither a string nor a `URL`.
 * - `scheme`: not one of SQLite's, or with a spelling that makes SQLite take the URL for a file name.
 * - `form`: a `sqlite:` URL that SQLAlchemy would refuse, too, or that lacks `uri=true`.
 * - `fragment`: a `#` in a `file:` URI, where SQLite stops reading.
 * - `parameter`: a parameter that SQLite does not know, or one that belongs in the config.
 * - `value`: a parameter's value that SQLite would replace with the default.
 * - `encoding`: a NUL, or text that is not valid Unicode.
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

/** A URL that names no SQLite database, or surely not the one that you meant. */
export class SqliteUrlError extends DialectError {
  readonly code = 'POOLCLASS_URL'
  readonly docs: string = docsOf(this.code)
  /** The whole URL, with secrets masked. */
  readonly url: string
  /** The part at fault. */
  readonly part: string
  readonly reason: SqliteUrlReason
  /** A valid URL or part that is similar, if there is one. */
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
