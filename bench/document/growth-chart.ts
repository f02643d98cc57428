import type { Grown } from '../growth/grow.ts'
import type { Plot } from '../growth/plot.ts'
import { AS_TIME, chart, COLORS, SHAPES } from './chart.ts'
import { summarize } from './summary.ts'

/** Medians as lines, the 10th to the 90th percentile as bands. */
export async function growthChart(plot: Plot, grown: readonly Grown[]): Promise<string> {
  const values = grown.flatMap(({ series, x, outcome }) =>
    'rounds' in outcome ? [{ series, x, ...summarize(outcome.rounds) }] : [],
  )
  const series = { field: 'series', type: 'nominal', sort: Object.keys(plot.series) }
  return await chart({
    data: { values },
    width: 560,
    height: 320,
    encoding: {
      x: {
        field: 'x',
        type: 'quantitative',
        scale: { type: plot.xScale, nice: false },
        axis: { values: plot.xs, format: ',d', gridColor: '#eee' },
        title: plot.xTitle,
      },
      color: { ...series, scale: { range: COLORS } },
    },
    layer: [
      { mark: { type: 'area', opacity: 0.18 }, encoding: { y: time('low'), y2: { field: 'high' } } },
      { mark: { type: 'line', strokeWidth: 2 }, encoding: { y: time('median') } },
      {
        mark: { type: 'point', filled: true, size: 75, opacity: 1 },
        encoding: { y: time('median'), shape: { ...series, scale: { range: SHAPES } } },
      },
    ],
  } as never)
}

function time(field: string): object {
  return {
    field,
    type: 'quantitative',
    scale: { type: 'log', nice: true },
    axis: { labelExpr: AS_TIME, tickCount: 5, gridColor: '#eee' },
    title: 'time per query, logarithmic',
  }
}
