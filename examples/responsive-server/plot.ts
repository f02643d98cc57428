import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import type { Field } from 'vega-lite/types_unstable/channeldef.js'
import type { LayerSpec, UnitSpec } from 'vega-lite/types_unstable/spec/index.js'
import type { Distribution } from './distribution.ts'

export interface Measured {
  readonly name: string
  readonly latency: Distribution
  readonly eventLoopDelay: Distribution
}

const LATENCY = 'Time to answer a quick request'
const DELAY = 'Delay of the event loop'
const STATISTICS = { median: 'median', p99: '99 %', max: 'maximum' } as const
/** Okabe and Ito's, which colour-blind readers can tell apart. */
const COLORS = ['#0072B2', '#E69F00', '#D55E00']
const SHAPES = ['circle', 'square', 'triangle-up']
/** Milliseconds. A logarithmic axis has no zero. */
const SHORTEST = 0.01

/** The measurements as an SVG. */
export async function plot(measured: readonly Measured[]): Promise<string> {
  const values = measured.flatMap(({ name, latency, eventLoopDelay }) => [
    ...pointsOf(name, LATENCY, latency),
    ...pointsOf(name, DELAY, eventLoopDelay),
  ])
  const powers = powersOfTen(values)
  const y = {
    field: 'name',
    type: 'nominal',
    sort: null,
    title: null,
    scale: { padding: 0.9 },
    axis: { domain: false, grid: true, labelLimit: 220, labelExpr: "split(datum.label, '\\n')" },
  } as const
  const panel = (title: string, last: boolean): LayerSpec<Field> => ({
    title: { text: title, anchor: 'start', offset: 12 },
    width: 360,
    height: 64 * measured.length,
    transform: [{ filter: `datum.what === '${title}'` }],
    encoding: {
      x: {
        field: 'ms',
        type: 'quantitative',
        title: 'milliseconds, logarithmic (less is better)',
        scale: { type: 'log', domain: [powers.at(0)!, powers.at(-1)!] },
        axis: { format: '~g', values: powers, labelFlush: false },
      },
      y: last ? { ...y, axis: { ...y.axis, labels: false } } : y,
    },
    layer: [
      { mark: { type: 'line', color: '#aaa', strokeWidth: 2 }, encoding: { detail: { field: 'name' } } },
      {
        mark: { type: 'point', filled: true, size: 130, opacity: 1 },
        encoding: {
          color: { ...statistic, scale: { range: COLORS } },
          shape: { ...statistic, scale: { range: SHAPES } },
        },
      },
      labels(`datum.statistic !== '${STATISTICS.p99}'`, -14),
      labels(`datum.statistic === '${STATISTICS.p99}'`, 18),
    ],
  })
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 16,
    data: { values },
    spacing: 32,
    hconcat: [panel(LATENCY, false), panel(DELAY, true)],
    config: {
      font: 'DejaVu Sans, Verdana, sans-serif',
      axis: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal', titlePadding: 10 },
      title: { fontSize: 14 },
      legend: { orient: 'top', labelFontSize: 12, symbolSize: 130 },
      view: { stroke: null },
    },
  }
  return await new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG()
}

const statistic = {
  field: 'statistic',
  type: 'nominal',
  sort: Object.values(STATISTICS),
  title: null,
} as const

/** Above the points or below them, so that those of neighbours do not collide. */
function labels(filter: string, dy: number): UnitSpec<Field> {
  return {
    transform: [{ filter }],
    mark: { type: 'text', dy, fontSize: 11, color: '#333' },
    encoding: { text: { field: 'label' } },
  }
}

interface Point {
  readonly name: string
  readonly what: string
  readonly statistic: string
  readonly ms: number
  readonly label: string
}

function pointsOf(name: string, what: string, distribution: Distribution): Point[] {
  return (['median', 'p99', 'max'] as const).map((key) => ({
    name,
    what,
    statistic: STATISTICS[key],
    ms: Math.max(SHORTEST, distribution[key]),
    label: String(Number(distribution[key].toPrecision(2))),
  }))
}

/** Those around and between all points: both panels have the same axis. */
function powersOfTen(points: readonly Point[]): number[] {
  const logarithms = points.map(({ ms }) => Math.log10(ms))
  const first = Math.floor(Math.min(...logarithms))
  const last = Math.ceil(Math.max(...logarithms))
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index))
}
