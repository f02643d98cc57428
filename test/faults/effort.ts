/** How many times longer than usual the faults are looked for: FAULTS=20 is for an evening, not for every change. */
export const effort = Number(process.env['FAULTS'] ?? 1)

/** For a test that takes some seconds with an effort of 1, on a busy machine. */
export const timeout = 60_000 * Math.max(1, effort)
