import { quantile } from '../quantile.ts'

/** Median, and the 10th and the 90th percentile. */
export interface Summary {
  readonly median: number
  readonly low: number
  readonly high: number
}

export function summarize(values: readonly number[]): Summary {
  return { median: quantile(values, 0.5), low: quantile(values, 0.1), high: quantile(values, 0.9) }
}

/** How many times as fast as the rival, taken within each round. */
export function summarizeSpeed(own: readonly number[], rival: readonly number[]): Summary {
  return summarize(own.map((value, round) => rival[round]! / value))
}
