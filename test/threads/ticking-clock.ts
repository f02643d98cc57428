/** A clock for tests of what looks at a clock: each look moves it by two microseconds, which some ten looks at a word take. */
export const clock = { now: 0, onTick: (): void => {} }

export function microseconds(): number {
  clock.now += 2
  clock.onTick()
  return clock.now
}
