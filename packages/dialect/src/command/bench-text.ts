import type { Benchmark } from './bench.ts'

/** The measurements as a table for a terminal: microseconds for each operation, and a star at the least of a column. */
export function benchText({ works, contestants }: Benchmark): string {
  const least = works.map((_, n) => Math.min(...contestants.map(({ micros }) => micros[n]!)))
  const rows = [
    ['µs per operation', ...works],
    ...contestants.map(({ name, micros }) => [
      name,
      ...micros.map((time, n) => `${time.toFixed(1)}${time === least[n] ? ' *' : '  '}`),
    ]),
  ]
  const widths = rows[0]!.map((_, n) => Math.max(...rows.map((row) => row[n]!.length)))
  return rows
    .map(([name, ...cells]) =>
      [name!.padEnd(widths[0]!), ...cells.map((cell, n) => cell.padStart(widths[n + 1]!))]
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
