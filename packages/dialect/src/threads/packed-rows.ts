import { restored } from './packed-blob.ts'
import { packColumns, type PackedColumns, unpackColumns } from './packed-columns.ts'

/** Rows on their way between threads: as they are where they are few; else by columns, which take a sixth of the time. */
export type PackedRows = readonly [rows: readonly object[], hasBlobs: boolean] | PackedColumns

/** From how many rows on columns pay, as measured. */
const MANY = 4

/**
 * Packs rows of one statement, as better-sqlite3 gives them.
 *
 * @param shared Memory for their numbers, if there is some.
 */
export function packRows(rows: readonly unknown[], shared: Float64Array | undefined): PackedRows {
  const objects = rows as readonly Readonly<Record<string, unknown>>[]
  if (objects.length < MANY) return [objects, objects.some(hasBlob)]
  return packColumns(objects, shared)
}

/** Adds the rows to `rows`, as they were packed. */
export function unpackRows(packed: PackedRows, rows: unknown[], shared: Float64Array): void {
  if (packed.length === 4) return unpackColumns(packed, rows, shared)
  const [objects, hasBlobs] = packed
  if (hasBlobs) for (const row of objects) restoreBlobs(row as Record<string, unknown>)
  for (const row of objects) rows.push(row)
}

function hasBlob(row: Readonly<Record<string, unknown>>): boolean {
  return Object.values(row).some(isBlob)
}

function isBlob(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function restoreBlobs(row: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(row)) if (isBlob(value)) row[name] = restored(value)
}
