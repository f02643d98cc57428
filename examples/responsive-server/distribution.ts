/** Milliseconds. */
export interface Distribution {
  readonly median: number
  readonly p97: number
  readonly p99: number
  readonly max: number
}

export function distributionOf(times: readonly number[]): Distribution {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
  return { median: at(0.5), p97: at(0.975), p99: at(0.99), max: at(1) }
}
