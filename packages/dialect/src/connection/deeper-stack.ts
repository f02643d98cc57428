/** Frames of this package and of Kysely that are between where an error is made and the user's code. */
const INNER_FRAMES = 12

/** Runs code that makes an error, with a stack that is deep enough to show the user's code. */
export function withDeeperStack<T>(make: () => T): T {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = limit + INNER_FRAMES
  try {
    return make()
  } finally {
    Error.stackTraceLimit = limit
  }
}
