/** An error as better-sqlite3 makes them: its users tell errors of both by the same name and code. */
export class SqliteError extends Error {
  readonly code: string

  static {
    this.prototype.name = 'SqliteError'
  }

  constructor(message: string, code: string) {
    super(message)
    this.code = code
  }
}
