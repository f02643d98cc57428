import { DialectConfigError } from '../errors/config-errors.ts'
import type { ConfigPragma } from './pragmas.ts'

/** What follows `pragma` in the statement that sets it. */
export function pragmaAssignment({ name, value: { set } }: ConfigPragma): string {
  const literal = typeof set === 'string' ? `'${set.replaceAll("'", "''")}'` : String(set)
  return `${name} = ${literal}`
}

/** The only value of the only row, if there is one. A number may be a bigint. */
export function pragmaValue(rows: unknown): unknown {
  const [row] = rows as readonly object[]
  return row === undefined ? undefined : Object.values(row)[0]
}

/**
 * @param kept What SQLite reads back.
 * @throws DialectConfigError where SQLite keeps another value, which it does not tell by itself.
 */
export function rejectUnkept({ name, value: { reads } }: ConfigPragma, kept: unknown): void {
  if (String(kept).toLowerCase() === String(reads).toLowerCase()) return
  const key = `pragmas.${name}`
  throw new DialectConfigError(
    key,
    `${key} was set to ${JSON.stringify(reads)}, but SQLite keeps it at ${typeof kept === 'string' ? JSON.stringify(kept) : String(kept)}. ` +
      'Either this database cannot have it, or better-sqlite3 forbids it to protect the file from corruption. ' +
      'A creator can allow it with database.unsafeMode().',
  )
}
