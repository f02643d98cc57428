import type { Compared } from '../comparison/compare.ts'
import type { Grown } from '../growth/grow.ts'
import type { Plan } from '../lockstep/rounds.ts'
import type { Surroundings } from './surroundings.ts'

/** All that one run has measured, as it is kept in `docs/benchmarks/results.json`. */
export interface Results {
  readonly surroundings: Surroundings
  readonly plan: Plan
  /** Nanoseconds, or bytes, per operation in each round. */
  readonly comparison: readonly Compared[]
  /** Nanoseconds per operation in each round. */
  readonly growth: readonly Grown[]
}
