import type { StatementResult } from '../../connection/connection.ts'
import type { StatementAnswer, Value } from './protocol.ts'

/** @throws TypeError, RangeError like better-sqlite3's, for a value that SQLite cannot bind. */
export function encoded(parameters: readonly unknown[]): Value[] {
  return Array.from(parameters, encodedValue)
}

function encodedValue(value: unknown): Value {
  switch (typeof value) {
    case 'string':
      return { type: 'text', value }
    case 'number':
      // better-sqlite3 and node:sqlite bind numbers as floats, too. An integer column turns the float into an integer.
      return encodedFloat(value)
    case 'bigint':
      if (BigInt.asIntN(64, value) === value) return { type: 'integer', value: String(value) }
      throw new RangeError('The bound string, buffer, or bigint is too big')
    case 'undefined':
      return NULL
    default:
      if (value === null) return NULL
      if (ArrayBuffer.isView(value)) return { type: 'blob', base64: base64(value) }
      throw new TypeError('SQLite3 can only bind numbers, strings, bigints, buffers, and null')
  }
}

function encodedFloat(value: number): Value {
  if (Number.isFinite(value)) return { type: 'float', value }
  if (Number.isNaN(value)) return NULL
  throw new RangeError(
    `The protocol of the server has no ${value}. Write it in the SQL text, as ${value < 0 ? '-' : ''}9e999.`,
  )
}

function base64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64').replaceAll('=', '')
}

/** Decodes values as the user of the connection wants them. */
export class Decoder {
  readonly #safeIntegers: boolean

  /** @param safeIntegers Integers arrive as bigints. */
  constructor(safeIntegers: boolean) {
    this.#safeIntegers = safeIntegers
  }

  result({ cols, rows, affected_row_count, last_insert_rowid }: StatementAnswer): StatementResult {
    if (cols.length > 0) {
      const names = cols.map(({ name }) => name ?? '')
      return { rows: rows.map((values) => this.row(names, values)) }
    }
    return {
      ...(last_insert_rowid !== null && { insertId: BigInt(last_insert_rowid) }),
      numAffectedRows: BigInt(affected_row_count),
      rows: [],
    }
  }

  /** If two columns have the same name, the last one counts. */
  row(names: readonly string[], values: readonly Value[]): Record<string, unknown> {
    const row: Record<string, unknown> = {}
    for (let i = 0; i < names.length; i += 1) {
      const name = names[i]!
      const value = this.#value(values[i]!)
      if (name === '__proto__') Object.defineProperty(row, name, { value, ...ORDINARY })
      else row[name] = value
    }
    return row
  }

  #value(value: Value): unknown {
    switch (value.type) {
      case 'text':
        return value.value
      case 'integer':
        return this.#safeIntegers ? BigInt(value.value) : numberOf(value.value)
      case 'float':
        if (value.value !== null) return value.value
        throw new RangeError(
          'The result contains an infinite number, and the protocol of the server does not tell whether it is ' +
            'Infinity or -Infinity. Select it as text.',
        )
      case 'blob':
        return Buffer.from(value.base64, 'base64')
      case 'null':
        return null
    }
  }
}

function numberOf(digits: string): number {
  const number = Number(digits)
  if (Number.isSafeInteger(number)) return number
  throw new RangeError(
    `Value is too large to be represented as a JavaScript number: ${digits}. Numbers hold integers up to 2^53: set ` +
      'connectArgs.safeIntegers to true, and integers arrive as bigints. If the statement writes, it has written.',
  )
}

const NULL: Value = { type: 'null' }
const ORDINARY = { writable: true, enumerable: true, configurable: true } as const
