const unprepared: WeakSet<object> = new WeakSet()

/** Notes that SQLite could not prepare the statement which failed with `error`, and returns the error. */
export function markUnprepared(error: unknown): unknown {
  if (typeof error === 'object' && error !== null) unprepared.add(error)
  return error
}

/**
 * Whether the statement that failed with `error` could not be prepared. Then it has not run, and has taken no lock: a
 * statement takes its locks as it runs, even where it fails there with the same code.
 */
export function isUnprepared(error: unknown): boolean {
  return typeof error === 'object' && error !== null && unprepared.has(error)
}
