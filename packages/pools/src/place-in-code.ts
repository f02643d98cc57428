/**
 * Where in the code something is done, for the messages of those whom it concerns later. V8 notes the frames now and formats
 * them only when the stack is read.
 *
 * @param what Goes in front of the stack.
 * @param from The function whose caller is meant.
 * @param depth How many frames are kept. Each of them costs time; the default shows the caller of a query builder, also where three
 *   frames are Node.js's own because it runs what was awaited between two timers.
 */
export function placeInCode(what: string, from: (...args: never[]) => unknown, depth = 15): Error {
  // Not made by `new Error`, which would capture the stack a first time.
  const place: Error = { name: 'Error', message: what }
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = depth
  Error.captureStackTrace(place, from)
  Error.stackTraceLimit = stackTraceLimit
  return place
}
