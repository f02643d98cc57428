import { DONE } from './maybe-promise.ts'

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

/** A place in the code that is noted one step later. */
export interface PlaceToCome {
  readonly place: Error
  readonly noted: Promise<void>
}

/**
 * As `placeInCode`, for the code that awaits `noted`. It is noted when no function runs, by what awaits what. That takes a
 * third of the time, because V8 has to decode each optimised function that runs. `Error.stackTraceLimit` limits the frames.
 */
export function placeOfAwaiting(what: string): PlaceToCome {
  const place: Error = { name: 'Error', message: what }
  const note: () => void = Error.captureStackTrace.bind(Error, place)
  return { place, noted: DONE.then(note) }
}
