/** Three or four of these frames are Kysely's. More cost more: this is 7 % of a transaction of ten inserts in memory. */
const STACK_DEPTH = 6

/**
 * Where in the code something is done, for the messages of those whom it concerns later.
 *
 * @param what Goes in front of the stack.
 * @param from The function whose caller is meant.
 */
export function placeInCode(what: string, from: (...args: never[]) => unknown): Error {
  // Not made by `new Error`, which would capture the stack a first time.
  const place: Error = { name: 'Error', message: what }
  const depth = Error.stackTraceLimit
  Error.stackTraceLimit = STACK_DEPTH
  Error.captureStackTrace(place, from)
  Error.stackTraceLimit = depth
  return place
}
