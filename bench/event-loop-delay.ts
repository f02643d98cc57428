import { setImmediate as nextTurn } from 'node:timers/promises'

/** The longest time between two turns of the event loop while `work` is under way, in milliseconds. */
export async function eventLoopDelay(work: () => Promise<void>): Promise<number> {
  const state = { isDone: false, longest: 0, last: performance.now() }
  const working = work().finally(() => (state.isDone = true))
  while (!state.isDone) {
    // oxlint-disable-next-line no-await-in-loop -- turn by turn
    await nextTurn()
    const now = performance.now()
    state.longest = Math.max(state.longest, now - state.last)
    state.last = now
  }
  await working
  return state.longest
}
