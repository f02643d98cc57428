/** The base class of every error that `@poolclass/dialect` raises itself. SQLite's own errors are not among them. */
export abstract class DialectError extends Error {
  /** Stable across versions, unlike the message: compare this one. */
  abstract readonly code: string

  static {
    this.prototype.name = 'DialectError'
  }
}
