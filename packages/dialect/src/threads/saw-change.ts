import { microseconds } from '../clock.ts'

/**
 * Looks at a word of shared memory, and returns whether it has changed within so many microseconds.
 *
 * It keeps the processor core busy, and pauses between two looks. Otherwise the other thread would be slower, because it may share
 * that core, and writes to the same memory. Node.js 22 cannot pause.
 */
export function sawChange(
  words: Int32Array<SharedArrayBuffer>,
  index: number,
  seen: number,
  longest: number,
): boolean {
  const start = microseconds()
  const mostRounds = Math.ceil(longest / SHORTEST_ROUND)
  for (let round = 0; round < mostRounds; round += 1) {
    for (let look = 0; look < LOOKS_PER_ROUND; look += 1) {
      if (Atomics.load(words, index) !== seen) return true
      for (let n = 0; n < PAUSES; n += 1) pause?.()
    }
    const passed = microseconds() - start
    // Below zero when the clock has begun anew.
    if (passed < 0 || passed >= longest) return false
  }
  return false
}

const { pause } = Atomics as { readonly pause?: () => void }

const LOOKS_PER_ROUND = 10

/** Each takes 30 ns. */
const PAUSES = 8

/** Microseconds. It bounds a look where the clock stands still, because a fake one was there before the package was loaded. */
const SHORTEST_ROUND = pause === undefined ? 0.1 : 2
