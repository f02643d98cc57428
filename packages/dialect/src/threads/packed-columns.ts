import { SqlTextCache } from '../connection/sql-text-cache.ts'
import { joins, Kind, LAYOUTS, type Lists, type Row, splits } from './column-code.ts'

/**
 * Rows by columns. V8 serialises each value in a list by itself, so few values are left in lists: the numbers of all rows are in one
 * block of memory, and short texts of a column are one text, with their lengths among the numbers.
 */
export type PackedColumns = readonly [
  count: number,
  layout: string,
  lists: Lists,
  /** Or true where they are in shared memory, and false where there are none. */
  numbers: Float64Array | boolean,
]

/**
 * The kinds of columns by their names, as all results so far have shown them. A column that has nothing but null in one result keeps its
 * kind, and so the results share a layout.
 */
const knownKinds: SqlTextCache<string> = new SqlTextCache(LAYOUTS)

/**
 * Packs one row or more, whose columns are those of the first.
 *
 * @param room Shared memory for their numbers, if there is some.
 */
export function packColumns(rows: readonly Row[], room: Float64Array | undefined): PackedColumns {
  const list = Object.keys(rows[0]!)
  const names = JSON.stringify(list)
  const known = knownKinds.get(names)
  const packed = known === undefined ? undefined : packAs(known + names, rows, room)
  if (packed !== undefined) return packed
  const kinds = list.map((name, i) => widened((known?.[i] ?? Kind.null) as Kind, name, rows)).join('')
  knownKinds.set(names, kinds)
  // A creator's row may give another value each time it is read.
  return packAs(kinds + names, rows, room) ?? packAs(Kind.any.repeat(list.length) + names, rows, room)!
}

/** Adds the rows to `rows`, as they were packed. */
export function unpackColumns(packed: PackedColumns, rows: unknown[], shared: Float64Array): void {
  const [count, layout, lists, numbers] = packed
  joins.for(layout)(count, lists, typeof numbers === 'boolean' ? shared : numbers, rows)
}

/** Returns undefined if a column has a value of another kind. */
function packAs(
  layout: string,
  rows: readonly Row[],
  room: Float64Array | undefined,
): PackedColumns | undefined {
  const split = splits.for(layout)
  const size = split.numbersPerRow * rows.length
  const isShared = room !== undefined && size > 0 && size <= room.length
  const numbers = isShared ? room : new Float64Array(size)
  const lists = split.run(rows, numbers)
  return lists === undefined ? undefined : [rows.length, layout, lists, isShared || (size > 0 && numbers)]
}

/** The kind of a column that was of a kind so far, and has these values, too. */
function widened(kind: Kind, name: string, rows: readonly Row[]): Kind {
  let all = kind
  for (const row of rows) {
    const own = kindOf(row[name])
    if (own === Kind.null || own === all) continue
    if (all !== Kind.null) return Kind.any
    all = own
  }
  return all
}

function kindOf(value: unknown): Kind {
  if (value === null) return Kind.null
  if (typeof value === 'number') return Number.isNaN(value) ? Kind.any : Kind.number
  return typeof value === 'string' ? Kind.text : Kind.any
}
