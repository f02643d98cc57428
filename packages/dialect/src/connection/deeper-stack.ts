/** Frames of this package and of Kysely that are between where an error is made and the user's code. */
const INNER_FRAMES = 12

/** Runs what makes an error whose stack is to show the user's code, which would else begin where the stack is cut off. */
export function withDeeperStack<T>(make: () => T): T {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = limit + INNER_FRAMES
  try {
    return make()
  } finally {
    Error.stackTraceLimit = limit
  }
}
