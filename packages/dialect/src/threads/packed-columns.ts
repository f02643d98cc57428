import { joins, Kind, layoutOf, type Lists, splits } from './column-code.ts'

/**
 * Rows by columns. V8 serialises each value in a list by itself, so few values are left in lists: the numbers of all rows are in one block of
 * memory, and short texts of a column are one text, with their lengths among the numbers.
 */
export type PackedColumns = readonly [
  count: number,
  layout: string,
  lists: Lists,
  /** Undefined where they are in shared memory. */
  numbers: Float64Array | undefined,
]

type Row = Readonly<Record<string, unknown>>

/**
 * Packs one row or more, whose columns are those of the first.
 *
 * @param shared Memory for their numbers, if there is some.
 */
export function packColumns(rows: readonly Row[], shared: Float64Array | undefined): PackedColumns {
  const names = Object.keys(rows[0]!)
  const kinds = names.map((name) => kindOf(name, rows)).join('')
  return packAs(kinds, names, rows, shared) ?? packAs(Kind.any.repeat(names.length), names, rows, shared)!
}

/** Adds the rows to `rows`, as they were packed. */
export function unpackColumns(packed: PackedColumns, rows: unknown[], shared: Float64Array): void {
  const [count, layout, lists, numbers = shared] = packed
  joins.for(layout)(count, lists, numbers, rows)
}

/** Returns undefined if a column has values of another kind. */
function packAs(
  kinds: string,
  names: readonly string[],
  rows: readonly Row[],
  shared: Float64Array | undefined,
): PackedColumns | undefined {
  const layout = layoutOf(names, kinds)
  const split = splits.for(layout)
  const size = split.numbersPerRow * rows.length
  const isShared = shared !== undefined && size <= shared.length
  const numbers = isShared ? shared : new Float64Array(size)
  const lists = split.run(rows, numbers)
  return lists === undefined ? undefined : [rows.length, layout, lists, isShared ? undefined : numbers]
}

/** That of the first value. */
function kindOf(name: string, rows: readonly Row[]): Kind {
  for (const row of rows) {
    const value = row[name]
    if (typeof value === 'number') return Kind.number
    if (typeof value === 'string') return Kind.text
    if (value !== null) return Kind.any
  }
  return Kind.any
}
