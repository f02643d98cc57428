import Table from 'cli-table3'
import type { Round } from './measure.ts'
import { quantile } from './quantile.ts'
import type { Bound, Trial, Wanted } from './trial.ts'

export interface Outcome {
  readonly trial: Trial
  readonly rounds: readonly Round[]
}

/** One row for each bound. A ratio is taken within each round; shown are the median of the ratios and the 10th to the 90th percentile. */
export function report(outcomes: readonly Outcome[]): string {
  const table = new Table({
    head: ['work', 'contestant', 'ns', 'rival', 'ns', 'measured', '10–90 %', 'wanted', ''],
    colAligns: ['left', 'left', 'right', 'left', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  })
  for (const { trial, rounds } of outcomes) {
    for (const [index, bound] of trial.bounds.entries()) {
      table.push([index === 0 ? trial.name : '', ...cells(bound, rounds)])
    }
  }
  return table.toString()
}

function cells(bound: Bound, rounds: readonly Round[]): string[] {
  const { subject, rival } = bound
  const figures = rounds.map((round) => figure(bound, round))
  const median = quantile(figures, 0.5)
  const spread = [quantile(figures, 0.1), quantile(figures, 0.9)] as const
  const { text, verdict } = judge(bound.wanted, median, spread)
  return [
    subject,
    nanoseconds(rounds, subject),
    rival ?? '',
    rival === undefined ? '' : nanoseconds(rounds, rival),
    format(bound, median),
    `${format(bound, spread[0])}–${format(bound, spread[1])}`,
    text,
    verdict,
  ]
}

/** What the bound is about, in one round. */
function figure({ subject, rival, wanted }: Bound, round: Round): number {
  const time = round[subject]!
  if (rival === undefined) return time
  const other = round[rival]!
  return typeof wanted === 'object' && 'time' in wanted ? time / other : other / time
}

function judge(
  wanted: Wanted,
  median: number,
  [low, high]: readonly [number, number],
): { text: string; verdict: string } {
  if (wanted === 'nothing') return { text: '', verdict: '' }
  const [bound, text, met] =
    'speed' in wanted
      ? [wanted.speed, `≥ ${wanted.speed}×`, median >= wanted.speed]
      : 'time' in wanted
        ? [wanted.time, `≤ ${wanted.time}×`, median <= wanted.time]
        : [wanted.nanoseconds, `≤ ${wanted.nanoseconds} ns`, median <= wanted.nanoseconds]
  const close = low < bound && bound < high ? ', close' : ''
  return { text, verdict: (met ? 'met' : 'NOT met') + close }
}

function format({ rival }: Bound, value: number): string {
  return rival === undefined ? value.toFixed(0) : `${value.toFixed(2)}×`
}

function nanoseconds(rounds: readonly Round[], name: string): string {
  const times = rounds.map((round) => round[name]!)
  return quantile(times, 0.5).toFixed(0)
}
