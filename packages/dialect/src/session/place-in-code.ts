/** Three of these frames are Kysely's. Each further one costs half a microsecond, the begin and commit of a transaction ten. */
const STACK_DEPTH = 6

/**
 * Where in the code something is done, for the messages of those whom it concerns later.
 *
 * @param what Goes in front of the stack.
 * @param from The function whose caller is meant.
 */
export function placeInCode(what: string, from: (...args: never[]) => unknown): Error {
  const depth = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  const place = new Error(what)
  Error.stackTraceLimit = STACK_DEPTH
  Error.captureStackTrace(place, from)
  Error.stackTraceLimit = depth
  return place
}
