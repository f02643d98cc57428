import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import type { CaseInFile } from '../cases/index.ts'
import { GROUPS, groupOf } from '../contestants/index.ts'
import { PLACES } from '../harness/case.ts'
import type { Figures } from '../results.ts'
import { columnName, type Summary, summarize } from './format.ts'

/** Okabe and Ito's, which colour-blind readers can tell apart. */
const COLORS = ['#0072B2', '#56B4E9', '#D55E00', '#666666', '#009E73']
const SHAPES = ['circle', 'diamond', 'square', 'triangle-up', 'cross']
const POINT = { type: 'point', filled: true, size: 75, opacity: 1 }
const LOOK = {
  font: 'DejaVu Sans, Verdana, sans-serif',
  axis: { labelLimit: 400, titleFontWeight: 'normal', titlePadding: 10, gridColor: '#eee' },
  header: { title: null, labelFontSize: 13 },
  legend: { title: null, orient: 'top', columns: 5, labelLimit: 300, symbolSize: 110, symbolOpacity: 1 },
  view: { stroke: '#ddd' },
  facet: { spacing: 34 },
}
/** `1 ms` instead of `1000000`. */
const AS_TIME = "replace(format(datum.value / 1e9, '~s'), /([a-zµ]?)$/, ' $1s')"
const AS_BYTES = "datum.value / 1048576 + ' MiB'"
/** What is shown along a logarithmic axis. */
const TIMES = Array.from({ length: 10 }, (_, power) => 10 ** power)
const MEGABYTES = [1, 4, 16, 64, 256].map((size) => size * 2 ** 20)

/** What was measured of one contestant in one column. Who cannot has no summary. */
type Datum = Partial<Summary> & { readonly column: string; readonly name: string; readonly group: string }

/** As an SVG: panels for places, lines for what is varied. */
export async function chart(chosen: CaseInFile, figures: Figures): Promise<string> {
  const values = Object.entries(figures).flatMap(([column, outcomes]) =>
    Object.entries(outcomes).map(([name, outcome]): Datum => {
      const datum = { column: chosen.varied ? column : columnName(column), name, group: groupOf(name) ?? '' }
      return typeof outcome === 'string' ? datum : Object.assign(datum, summarize(outcome))
    }),
  )
  const spec = chosen.varied === undefined ? panels(chosen) : lines(chosen, chosen.varied)
  const whole = { background: 'white', padding: 16, config: LOOK, data: { values }, ...spec } as TopLevelSpec
  return await new View(parse(compile(whole).spec), { renderer: 'none' }).toSVG()
}

function nominal(field: string, order: readonly string[], range: readonly string[]): object {
  return { field, type: 'nominal', sort: [...order], scale: { range: [...range] } }
}

/** A panel for each place, a row for each contestant. */
function panels({ contestants, unit }: CaseInFile): object {
  const isBytes = unit === 'bytes'
  const x = {
    type: 'quantitative',
    scale: { type: 'log', base: isBytes ? 4 : 10, nice: true },
    axis: isBytes ? { labelExpr: AS_BYTES, values: MEGABYTES } : { labelExpr: AS_TIME, values: TIMES },
    title: `${isBytes ? 'memory' : 'time'}, logarithmic; less is better`,
  }
  const color = nominal('group', GROUPS, COLORS)
  const spread = { x: { ...x, field: 'low' }, x2: { field: 'high' }, color }
  const medians = { x: { ...x, field: 'median' }, color, shape: nominal('group', GROUPS, SHAPES) }
  const transform = [{ filter: 'isValid(datum.median)' }]
  const rule = { type: 'rule', strokeWidth: 2, opacity: 0.6 }
  const cannot = { type: 'text', text: 'cannot', color: '#999', fontSize: 10 }
  return {
    facet: { column: { field: 'column', sort: PLACES.map(columnName) } },
    spec: {
      width: 190,
      height: { step: 19 },
      encoding: { y: { ...nominal('name', contestants, []), scale: {}, title: null, axis: { grid: true } } },
      layer: [
        { transform, mark: rule, encoding: spread },
        { transform, mark: POINT, encoding: medians },
        { transform: [{ filter: '!isValid(datum.median)' }], mark: cannot, encoding: { x: { value: 95 } } },
      ],
    },
  }
}

/** Medians as lines, the 10th to the 90th percentile as bands. */
function lines({ contestants, columns }: CaseInFile, varied: NonNullable<CaseInFile['varied']>): object {
  const scale = { type: varied.scale, nice: false }
  const axis = { values: [...columns], format: ',d' }
  const x = { field: 'column', type: 'quantitative', scale, axis, title: varied.title }
  const y = {
    field: 'median',
    type: 'quantitative',
    scale: { type: 'log', nice: true },
    axis: { labelExpr: AS_TIME, tickCount: 5 },
    title: 'time per query, logarithmic',
  }
  return {
    width: 560,
    height: 320,
    encoding: { x, y, color: nominal('name', contestants, COLORS) },
    layer: [
      {
        mark: { type: 'area', opacity: 0.18 },
        encoding: { y: { ...y, field: 'low' }, y2: { field: 'high' } },
      },
      { mark: { type: 'line', strokeWidth: 2 } },
      { mark: POINT, encoding: { shape: nominal('name', contestants, SHAPES) } },
    ],
  }
}
