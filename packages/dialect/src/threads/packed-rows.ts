/**
 * Rows on their way between threads: as they are where they are few; else by columns, which travel in half the time,
 * because the names travel once and a list of values of one type is cheap.
 */
export type PackedRows = readonly [rows: readonly object[], hasBlobs: boolean] | PackedColumns

type PackedColumns = readonly [
  count: number,
  names: readonly string[],
  columns: readonly (readonly unknown[])[],
  hasBlobs: readonly boolean[],
]

/** From how many rows on columns pay, as measured. */
const MANY = 50

/** Rows of one statement, as better-sqlite3 gives them. */
export function packRows(rows: readonly unknown[]): PackedRows {
  const objects = rows as readonly Record<string, unknown>[]
  if (objects.length < MANY) return [objects, objects.some(hasBlob)]
  const names = Object.keys(objects[0]!)
  const hasBlobs: boolean[] = []
  const columns = names.map((name) => {
    const values: unknown[] = []
    let some = false
    for (const row of objects) {
      const value = row[name]
      if (isBlob(value)) some = true
      values.push(value)
    }
    hasBlobs.push(some)
    return values
  })
  return [objects.length, names, columns, hasBlobs]
}

/** Adds the rows to `rows`, as they were packed. */
export function unpackRows(packed: PackedRows, rows: unknown[]): void {
  if (packed.length === 2) {
    const [objects, hasBlobs] = packed
    if (hasBlobs) for (const row of objects) restoreBlobs(row as Record<string, unknown>)
    for (const row of objects) rows.push(row)
    return
  }
  const [count, names, columns, hasBlobs] = packed
  const values = columns.map((column, i) => (hasBlobs[i] === true ? column.map(restored) : column))
  const rowAt = names.includes('__proto__') ? rowWithProto : rowOf
  for (let n = 0; n < count; n += 1) rows.push(rowAt(names, values, n))
}

type Columns = readonly (readonly unknown[])[]

function rowOf(names: readonly string[], values: Columns, n: number): object {
  const row: Record<string, unknown> = {}
  for (let i = 0; i < names.length; i += 1) row[names[i]!] = values[i]![n]
  return row
}

/** An assignment to that name would set the prototype. */
function rowWithProto(names: readonly string[], values: Columns, n: number): object {
  return Object.fromEntries(names.map((name, i) => [name, values[i]![n]]))
}

function hasBlob(row: Record<string, unknown>): boolean {
  return Object.values(row).some(isBlob)
}

function isBlob(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function restoreBlobs(row: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(row)) if (isBlob(value)) row[name] = restored(value)
}

/** A `Buffer` arrives as the `Uint8Array` that it also is. */
function restored(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value
}
