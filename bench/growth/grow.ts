import { inRounds, type Outcome, type Plan } from '../lockstep/rounds.ts'
import type { SeriesEntry } from './enter-series.ts'
import type { Plot } from './plot.ts'

export interface Grown {
  readonly plot: string
  readonly series: string
  readonly x: number
  readonly outcome: Outcome
}

/** Milliseconds. Many queries at once are few batches: with 200 ms, a hundred of a StaticPool took 18 µs each, with this 6. */
const WARM_UP = 1500

/** All series of a plot at all its points, in rounds. */
export async function grow(plot: Plot, plan: Plan): Promise<Grown[]> {
  const points: SeriesEntry[] = Object.keys(plot.series).flatMap((series) =>
    plot.xs.map((x) => ({ plot: plot.name, series, x })),
  )
  const module = new URL('enter-series.ts', import.meta.url).href
  const outcomes = await inRounds(
    points.map((data) => ({ id: `${data.series}, ${data.x}`, module, data })),
    { ...plan, warmUp: WARM_UP },
  )
  return points.map(({ series, x }) => ({
    plot: plot.name,
    series,
    x,
    outcome: outcomes.get(`${series}, ${x}`)!,
  }))
}
