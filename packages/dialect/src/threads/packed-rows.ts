import type { Row } from './column-code.ts'
import { restored } from './packed-blob.ts'
import { packColumns, type PackedColumns, unpackColumns } from './packed-columns.ts'

/** Rows on their way between threads: as they are where they are few, else by columns. */
export type PackedRows = readonly [rows: readonly object[], hasBlobs: boolean] | PackedColumns

/** From how many rows on columns pay, as measured with five columns: with room in shared memory, and without. */
const MANY_WITH_ROOM = 4
const MANY = 8

/**
 * Packs rows of one statement, as better-sqlite3 gives them.
 *
 * @param room Shared memory for their numbers, if there is some.
 */
export function packRows(rows: readonly unknown[], room: Float64Array | undefined): PackedRows {
  const isFew = rows.length < (room === undefined ? MANY : MANY_WITH_ROOM)
  return isFew ? asTheyAre(rows) : packColumns(rows as readonly Row[], room)
}

/** Packs rows of any kind. */
export function asTheyAre(rows: readonly unknown[]): PackedRows {
  const objects = rows as readonly Row[]
  return [objects, objects.some(hasBlob)]
}

/** Whether all rows are plain objects with the same columns. Those of a creator's handle may be others. */
export function areUniform(rows: readonly unknown[]): boolean {
  const names = rows.map(namesOf)
  return names.every((each) => each !== undefined && each === names[0])
}

/** Adds the rows to `rows`, as they were packed. */
export function unpackRows(packed: PackedRows, rows: unknown[], shared: Float64Array): void {
  if (packed.length === 4) return unpackColumns(packed, rows, shared)
  const [objects, hasBlobs] = packed
  if (hasBlobs) for (const row of objects) restoreBlobs(row as Record<string, unknown>)
  for (const row of objects) rows.push(row)
}

function namesOf(row: unknown): string | undefined {
  if (typeof row !== 'object' || row === null) return undefined
  const prototype: unknown = Object.getPrototypeOf(row)
  return prototype === null || prototype === Object.prototype ? JSON.stringify(Object.keys(row)) : undefined
}

function hasBlob(row: Row): boolean {
  return Object.values(row).some(isBlob)
}

function isBlob(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function restoreBlobs(row: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(row)) if (isBlob(value)) row[name] = restored(value)
}
