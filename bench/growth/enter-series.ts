import type { Entrant } from '../lockstep/entrant.ts'
import { plots } from './index.ts'

export interface SeriesEntry {
  readonly plot: string
  readonly series: string
  readonly x: number
}

export async function enter({ plot, series, x }: SeriesEntry, folder: string): Promise<Entrant> {
  const enterSeries = plots.find(({ name }) => name === plot)?.series[series]
  if (enterSeries === undefined) throw new Error(`There is no plot ${plot} with a series ${series}`)
  return enterSeries(x, folder)
}
