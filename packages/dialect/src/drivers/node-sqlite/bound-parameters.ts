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
      throw new RangeError(TOO_BIG)
    default:
      if (value === null) return
      if (ArrayBuffer.isView(value)) return rejectTooLong(value)
      throw new TypeError('SQLite3 can only bind numbers, strings, bigints, buffers, and null')
  }
}

function rejectTooLong(blob: ArrayBufferView): void {
  if (blob.byteLength > MOST_BYTES) throw new RangeError(TOO_BIG)
}

/**
 * SQLite takes NULL for a parameter that is not given, without a word. How many there are, `node:sqlite` does not tell.
 *
 * @throws RangeError or TypeError as better-sqlite3's.
 */
export function rejectTooFew(statement: StatementSync, values: readonly SQLInputValue[]): void {
  // The text with the parameters put in.
  if (values.length === 0 && statement.expandedSQL === statement.sourceSQL) return
  if (takesOneMore(statement, values)) throw new RangeError('Too few parameter values were provided')
  if (values.length === 0) throw new TypeError('Missing named parameters')
}

/** It refuses one too many, which it finds before it runs anything. */
function takesOneMore(statement: StatementSync, values: readonly SQLInputValue[]): boolean {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    statement.iterate(...values, null)
    return true
  } catch {
    return false
  } finally {
    Error.stackTraceLimit = limit
  }
}

/** SQLite takes no longer blob, https://www.sqlite.org/limits.html#max_length */
const MOST_BYTES = 2 ** 31 - 1
const TOO_BIG = 'The bound string, buffer, or bigint is too big'
