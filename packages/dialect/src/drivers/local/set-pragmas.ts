import type { ConfigPragma } from '../../config/pragmas.ts'
import { DialectConfigError } from '../../errors.ts'
import type { SqliteHandle } from './handle.ts'

/** Those that SQLite has read back on a connection of this thread as they were set. It does so on each, or on none. */
const confirmed = new WeakSet<readonly ConfigPragma[]>()

/** @throws DialectConfigError where SQLite keeps another value, which it does not tell by itself. */
export function setPragmas(database: SqliteHandle, pragmas: readonly ConfigPragma[]): void {
  for (const { name, value } of pragmas) {
    const { set, reads } = value
    const literal = typeof set === 'string' ? `'${set.replaceAll("'", "''")}'` : String(set)
    const said = firstValue(database.pragma(`${name} = ${literal}`))
    if (reads === undefined) continue
    const kept = said ?? (confirmed.has(pragmas) ? reads : firstValue(database.pragma(name)))
    if (String(kept).toLowerCase() !== String(reads).toLowerCase()) throw notKept(name, reads, kept)
  }
  confirmed.add(pragmas)
}

/** A number may arrive as a bigint. */
function firstValue(rows: unknown): unknown {
  const [row] = rows as readonly object[]
  return row === undefined ? undefined : Object.values(row)[0]
}

function notKept(name: string, wanted: string | number, kept: unknown): DialectConfigError {
  const key = `pragmas.${name}`
  return new DialectConfigError(
    key,
    `${key} was set to ${JSON.stringify(wanted)}, and SQLite keeps it at ${typeof kept === 'string' ? JSON.stringify(kept) : String(kept)}: ` +
      'this database cannot have it, or better-sqlite3 forbids it to protect the file from corruption ' +
      '(a creator can allow it with database.unsafeMode()).',
  )
}
