/**
 * How much work is done by tests that choose at random or go on for long: 1 in a run of all tests, less in the quick run
 * (`vitest.config.ts`); EFFORT=50 is for an evening.
 */
export const effort = Number(process.env['EFFORT'] ?? 1)

export const isQuickRun: boolean = effort < 1
export const isLongRun: boolean = effort > 1

/** How often or how long, in proportion to the effort. */
export const scaled = (amount: number, most: number = Infinity): number =>
  Math.min(most, Math.ceil(amount * effort))

/** All of a list, or what stands first in it: a quick run makes do with that. */
export const sampled = <T>(all: readonly T[], few: number = 1): readonly T[] =>
  isQuickRun ? all.slice(0, few) : all

/** For a test that takes some seconds with an effort of 1, on a busy machine. */
export const timeout = 60_000 * Math.max(1, effort)

/** Nobody looks at the numbers of a short run. */
export function printInLongRun(what: string, table: object): void {
  if (!isLongRun) return
  console.log(what)
  console.table(table)
}
