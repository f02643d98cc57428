import { quantile } from 'd3-array'

/** The largest first. */
const UNITS = {
  nanoseconds: { s: 1e9, ms: 1e6, µs: 1e3, ns: 1 },
  bytes: { MiB: 2 ** 20, KiB: 2 ** 10, B: 1 },
}
export type Unit = keyof typeof UNITS

/** The 10th, the 50th and the 90th percentile. */
export type Summary = Readonly<Record<'low' | 'median' | 'high', number>>

export function summarize(values: readonly number[]): Summary {
  const [low, median, high] = [0.1, 0.5, 0.9].map((share) => quantile(values, share)!)
  return { low: low!, median: median!, high: high! }
}

/** How many times as fast the first is as the second, taken within each round. */
export function speed(first: readonly number[], second: readonly number[]): Summary {
  return summarize(first.map((value, round) => second[round]! / value))
}

/** Three significant digits in the unit that suits the value. */
export function quantity(value: number, unit: Unit): string {
  const [name, size] = unitFor(value, unit)
  return `${threeDigits(value / size)} ${name}`
}

/** Both in the unit of the first. */
export function range({ low, high }: Summary, unit: Unit): string {
  const [, size] = unitFor(low, unit)
  return `${threeDigits(low / size)}–${threeDigits(high / size)}`
}

export function times(value: number): string {
  return `${threeDigits(value)}×`
}

/** Of a place, or of a value of what is varied. */
export function columnName(column: string | number): string {
  if (column === 'memory') return 'private memory'
  if (column === 'file') return 'rollback-journal file'
  return Number.isNaN(Number(column)) ? String(column) : Number(column).toLocaleString('en')
}

function unitFor(value: number, unit: Unit): readonly [name: string, size: number] {
  const units = Object.entries(UNITS[unit])
  return units.find(([, size]) => value >= size) ?? units.at(-1)!
}

function threeDigits(value: number): string {
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)
}
