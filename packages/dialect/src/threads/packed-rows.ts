import { SqlTextCache } from '../connection/sql-text-cache.ts'

/**
 * Rows on their way between threads: as they are where they are few; else by columns, which travel in half the time,
 * because the names travel once and a list of values of one type is cheap.
 */
export type PackedRows = readonly [rows: readonly object[], hasBlobs: boolean] | PackedColumns

type PackedColumns = readonly [count: number, names: readonly string[], ...Columns]

type Columns = readonly [columns: Values, hasBlobs: readonly boolean[]]
type Values = readonly (readonly unknown[])[]
type Row = Readonly<Record<string, unknown>>
type Split = (rows: readonly Row[]) => Columns
type Join = (count: number, columns: Values, rows: unknown[]) => void

/** From how many rows on columns pay, as measured: with 35 columns from 7, with 5 from 4. */
const MANY = 8

/** How many lists of names are remembered. */
const LISTS = 200

/** Rows of one statement, as better-sqlite3 gives them. */
export function packRows(rows: readonly unknown[]): PackedRows {
  const objects = rows as readonly Row[]
  if (objects.length < MANY) return [objects, objects.some(hasBlob)]
  const names = Object.keys(objects[0]!)
  return [objects.length, names, ...splitting.for(names)(objects)]
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
  joining.for(names)(count, values, rows)
}

/** A function with the names of the columns written into it takes a third to a fifth of the time of loops over them. */
class CodeOfNames<F> {
  readonly #generate: (names: readonly string[]) => F
  readonly #kept: SqlTextCache<F> = new SqlTextCache(LISTS)

  constructor(generate: (names: readonly string[]) => F) {
    this.#generate = generate
  }

  for(names: readonly string[]): F {
    const key = JSON.stringify(names)
    const kept = this.#kept.get(key)
    if (kept !== undefined) return kept
    const code = this.#generate(names)
    this.#kept.set(key, code)
    return code
  }
}

const splitting: CodeOfNames<Split> = new CodeOfNames<Split>((names) => {
  const taken = names.map((name, i) => {
    const value = `const value${i} = row[${JSON.stringify(name)}];`
    return `${value} column${i}.push(value${i}); if (isBlob(value${i})) blob${i} = true;`
  })
  const body = `
    ${names.map((_, i) => `const column${i} = []; let blob${i} = false;`).join(' ')}
    for (const row of rows) { ${taken.join(' ')} }
    return [[${names.map((_, i) => `column${i}`).join()}], [${names.map((_, i) => `blob${i}`).join()}]]`
  // oxlint-disable-next-line no-new-func -- of names that are JSON texts
  return new Function('isBlob', `return (rows) => {${body}}`)(isBlob)
})

const joining: CodeOfNames<Join> = new CodeOfNames<Join>((names) => {
  const columns = names.map((_, i) => `const column${i} = columns[${i}];`).join(' ')
  const row = names.map((name, i) => `${propertyKey(name)}: column${i}[n]`).join(', ')
  const body = `${columns} for (let n = 0; n < count; n += 1) rows.push({ ${row} })`
  // oxlint-disable-next-line no-new-func -- of names that are JSON texts
  return new Function('count', 'columns', 'rows', body) as Join
})

/** A literal `__proto__: …` would set the prototype. A computed name takes longer. */
function propertyKey(name: string): string {
  const key = JSON.stringify(name)
  return name === '__proto__' ? `[${key}]` : key
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

/** A `Buffer` arrives as the `Uint8Array` that it also is. */
function restored(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value
}
