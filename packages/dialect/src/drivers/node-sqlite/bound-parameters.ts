import type { SQLInputValue, StatementSync } from 'node:sqlite'

/**
 * The parameters as SQLite can bind them. `node:sqlite` would take a first one that is an object for named ones, and binds a
 * boolean in some versions; better-sqlite3 refuses both, in these words.
 */
export function bindable(parameters: readonly unknown[]): readonly SQLInputValue[] {
  let hasUndefined = false
  for (const value of parameters) {
    if (value === undefined) hasUndefined = true
    else rejectUnbindable(value)
  }
  const values = parameters as readonly (SQLInputValue | undefined)[]
  return hasUndefined ? values.map((value) => value ?? null) : (values as readonly SQLInputValue[])
}

function rejectUnbindable(value: unknown): void {
  switch (typeof value) {
    case 'string':
    case 'number':
      return
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) return
      throw new RangeError('The bound string, buffer, or bigint is too big')
    default:
      if (value === null || ArrayBuffer.isView(value)) return
      throw new TypeError('SQLite3 can only bind numbers, strings, bigints, buffers, and null')
  }
}

/**
 * SQLite takes NULL for a parameter that is not given, without a word. How many there are, `node:sqlite` does not tell; but
 * it refuses one too many, which it finds before it runs anything.
 *
 * @throws RangeError as better-sqlite3's.
 */
export function rejectTooFew(statement: StatementSync, values: readonly SQLInputValue[]): void {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    statement.iterate(...values, null)
  } catch {
    return
  } finally {
    Error.stackTraceLimit = limit
  }
  throw new RangeError('Too few parameter values were provided')
}
