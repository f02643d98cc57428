/** How many times longer than usual the faults are looked for: FAULTS=20 is for an evening, not for every change. */
export const effort = Number(process.env['FAULTS'] ?? 1)

export const isLongRun: boolean = effort > 1

/** For a test that takes some seconds with an effort of 1, on a busy machine. */
export const timeout = 60_000 * Math.max(1, effort)

/** Nobody looks at the numbers of a short run. */
export function printInLongRun(what: string, table: object): void {
  if (!isLongRun) return
  console.log(what)
  console.table(table)
}
