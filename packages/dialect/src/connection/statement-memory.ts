import { setImmediate } from 'node:timers/promises'

/**
 * Node.js frees the native memory of collected statements only when the event loop turns, and queries that are awaited
 * one after the other need not ever let it: each takes 4 KB for good if it has an SQL text of its own.
 */
let preparedSinceTurn = 0

export function countPrepared(): void {
  preparedSinceTurn += 1
}

/** Resolves after a turn of the event loop; undefined where none is due. */
export function dueTurn(): Promise<void> | undefined {
  if (preparedSinceTurn < PREPARED_PER_TURN) return undefined
  preparedSinceTurn = 0
  return setImmediate()
}

const PREPARED_PER_TURN = 500
