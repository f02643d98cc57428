import type { Entrant } from '../lockstep/entrant.ts'

/** How the cost of one operation changes with one quantity. */
export interface Plot {
  readonly name: string
  /** What one operation is, and what is varied. */
  readonly about: string
  readonly xTitle: string
  readonly xs: readonly number[]
  readonly xScale: 'linear' | 'log'
  /** What is compared, by name. */
  readonly series: Readonly<Record<string, EnterSeries>>
  /** Where the curve bends, and why. */
  readonly knee: string
}

export type EnterSeries = (x: number, folder: string) => Promise<Entrant>
