/** The base class of every error that `@poolclass/dialect` raises itself. SQLite's own errors are not among them. */
export abstract class DialectError extends Error {
  /** Stable across versions, unlike the message: compare this one. */
  abstract readonly code: string
  /** Where this error is explained: the heading of its code on the page of errors, which the package contains. */
  abstract readonly docs: string

  static {
    this.prototype.name = 'DialectError'
  }
}
