import { performance } from 'node:perf_hooks'
import { turn } from '../clock.ts'

/** When the event loop was last seen to turn, on the clock of `performance.now()`. */
let turnedAt = 0
let turning: Promise<void> | undefined
let awaitedSince = 0

/**
 * Resolves after a turn of the event loop; undefined if none is due. Call it after each statement.
 *
 * SQLite answers at once, and code that awaits a settled promise continues before the event loop turns. So a task that awaits
 * query after query would block timers and sockets. It would also keep the native memory of collected statements, which
 * Node.js frees when the loop turns.
 *
 * This orders one turn in advance. So it notices when the loop turns by itself, as in a server, and then no query waits for a
 * turn.
 */
export function dueTurn(): Promise<void> | undefined {
  const now = performance.now()
  if (turning !== undefined) return now - awaitedSince < PATIENCE ? undefined : turning
  if (now - turnedAt < PATIENCE) return undefined
  awaitedSince = now
  turning = turn().then(noteTurn)
  return undefined
}

/** As `dueTurn`, but before a call that may take long. So a turn that is already ordered comes first. */
export function orderedTurn(): Promise<void> | undefined {
  if (turning !== undefined) awaitedSince = -Infinity
  return turning
}

/** Resolves after a whole turn of the event loop. Tasks that ask for a `dueTurn` do not delay it. */
export async function nextTurn(): Promise<void> {
  // Other tasks that wait for the ordered turn continue after it, and before the next turn.
  if (turning !== undefined) await soon()
  await soon()
}

function soon(): Promise<void> {
  awaitedSince = -Infinity
  return (turning ??= turn().then(noteTurn))
}

function noteTurn(): void {
  turnedAt = performance.now()
  turning = undefined
}

/** Milliseconds. They count twice: until a turn is ordered, and from then on until a task waits for it. */
const PATIENCE = 4
