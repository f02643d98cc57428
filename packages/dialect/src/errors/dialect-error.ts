/** The base class of every error that `@poolclass/dialect` raises itself. SQLite's own errors are not among them. */
export abstract class DialectError extends Error {
  /** Compare this, because it is stable across versions and the message is not. */
  abstract readonly code: string
  /** The address of the heading that explains this error, on a page that the package contains. */
  abstract readonly docs: string

  static {
    this.prototype.name = 'DialectError'
  }
}
