import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'

/** A Vega-Lite specification as an SVG, in the look that all charts share. */
export async function chart(spec: Pick<TopLevelSpec, 'data'> & object): Promise<string> {
  const whole = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 16,
    ...spec,
    config: {
      font: 'DejaVu Sans, Verdana, sans-serif',
      axis: {
        labelFontSize: 11,
        titleFontSize: 12,
        titleFontWeight: 'normal',
        titlePadding: 10,
        labelLimit: 240,
      },
      header: { title: null, labelFontSize: 13 },
      legend: {
        title: null,
        orient: 'top',
        labelFontSize: 12,
        symbolSize: 110,
        symbolOpacity: 1,
        columns: 4,
        labelLimit: 300,
      },
      view: { stroke: '#ddd' },
      facet: { spacing: 34 },
    },
  } as TopLevelSpec
  return await new View(parse(compile(whole).spec), { renderer: 'none' }).toSVG()
}

/** Okabe and Ito's, which colour-blind readers can tell apart. */
export const COLORS = ['#0072B2', '#56B4E9', '#D55E00', '#666666']
export const SHAPES = ['circle', 'diamond', 'square', 'triangle-up']

/** The powers of the base around and between all values: what is shown along a logarithmic axis. */
export function powersAround(values: readonly number[], base: number): number[] {
  const logarithms = values.map((value) => Math.log(value) / Math.log(base))
  const first = Math.floor(Math.min(...logarithms))
  const last = Math.max(first + 1, Math.ceil(Math.max(...logarithms)))
  return Array.from({ length: last - first + 1 }, (_, index) => base ** (first + index))
}

/** Shown along the axes: `1 ms` instead of `1000000`. */
export const AS_TIME =
  "datum.value >= 1e9 ? datum.value / 1e9 + ' s' : datum.value >= 1e6 ? datum.value / 1e6 + ' ms' : datum.value >= 1e3 ? datum.value / 1e3 + ' µs' : datum.value + ' ns'"
export const AS_BYTES =
  "datum.value >= 1048576 ? datum.value / 1048576 + ' MiB' : datum.value >= 1024 ? datum.value / 1024 + ' KiB' : datum.value + ' B'"
