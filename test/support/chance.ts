/** Whole numbers from 0 to `below` − 1, the same ones for the same seed. */
export type Chance = (below: number) => number

export function chanceOf(seed: number): Chance {
  // Seeds that are near each other begin far from each other.
  let state = Math.imul(seed, 0x9e_37_79_b1)
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
