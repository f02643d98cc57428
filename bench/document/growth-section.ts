import type { Grown } from '../growth/grow.ts'
import type { Plot } from '../growth/plot.ts'
import { capitalized } from './comparison-section.ts'
import { quantity, range } from './quantity.ts'
import { summarize } from './summary.ts'
import { table } from './table.ts'

export function growthSection(plot: Plot, grown: readonly Grown[], image: string): string {
  const names = Object.keys(plot.series)
  const rows = plot.xs.map((x) => [
    x.toLocaleString('en'),
    ...names.map((series) => cell(grown.find((each) => each.series === series && each.x === x))),
  ])
  return [
    `### ${capitalized(plot.name)}`,
    plot.about,
    `![time per query by the number of ${plot.name}](${image})`,
    table([plot.xTitle, ...names], rows),
    plot.knee,
  ].join('\n\n')
}

function cell(grown: Grown | undefined): string {
  if (grown === undefined) return 'not measured'
  if ('cannot' in grown.outcome) return `cannot: ${grown.outcome.cannot}`
  const { median, low, high } = summarize(grown.outcome.rounds)
  return `${quantity(median, 'nanoseconds')} (${range(low, high, 'nanoseconds')})`
}
