import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'

/** When the event loop was last seen to turn, on the clock of `performance.now()`. */
let turnedAt = 0
let turning: Promise<void> | undefined
let awaitedSince = 0

/**
 * Resolves after a turn of the event loop; undefined where none is due. Ask after each statement.
 *
 * SQLite answers at once, and a promise that is settled is continued before the event loop turns. So a task that
 * awaits query after query would keep timers and sockets waiting, and the native memory of collected statements, which
 * Node.js frees when the loop turns.
 *
 * One turn is ordered beforehand, so that the loop of a server that turns by itself is seen to, and no query waits for it.
 */
export function dueTurn(): Promise<void> | undefined {
  const now = performance.now()
  if (turning !== undefined) return now - awaitedSince < PATIENCE ? undefined : turning
  if (now - turnedAt < PATIENCE) return undefined
  awaitedSince = now
  turning = setImmediate().then(noteTurn)
  return undefined
}

/** As `dueTurn`, before a call that may take long: a turn that is ordered comes first. */
export function orderedTurn(): Promise<void> | undefined {
  if (turning !== undefined) awaitedSince = -Infinity
  return turning
}

/** Resolves after a whole turn of the event loop. Tasks that ask for a `dueTurn` do not delay it. */
export async function nextTurn(): Promise<void> {
  // What others do behind the turn that they wait for comes before the next.
  if (turning !== undefined) await soon()
  await soon()
}

function soon(): Promise<void> {
  awaitedSince = -Infinity
  return (turning ??= setImmediate().then(noteTurn))
}

function noteTurn(): void {
  turnedAt = performance.now()
  turning = undefined
}

/** Milliseconds, twice: until a turn is ordered, and from then on until it is waited for. */
const PATIENCE = 4
