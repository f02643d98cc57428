const UNITS = {
  nanoseconds: [
    ['s', 1e9],
    ['ms', 1e6],
    ['µs', 1e3],
    ['ns', 1],
  ],
  bytes: [
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
    ['B', 1],
  ],
} as const

export type Unit = keyof typeof UNITS

/** Three significant digits in the unit that suits the value. */
export function quantity(value: number, unit: Unit): string {
  const [name, size] = unitFor(value, unit)
  return `${threeDigits(value / size)} ${name}`
}

/** Both in the unit of the first. */
export function range(low: number, high: number, unit: Unit): string {
  const [, size] = unitFor(low, unit)
  return `${threeDigits(low / size)}–${threeDigits(high / size)}`
}

export function times(ratio: number): string {
  return `${threeDigits(ratio)}×`
}

function unitFor(value: number, unit: Unit): readonly [name: string, size: number] {
  return UNITS[unit].find(([, size]) => value >= size) ?? UNITS[unit].at(-1)!
}

function threeDigits(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
  return value.toFixed(digits)
}
