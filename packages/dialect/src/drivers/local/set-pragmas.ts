import { pragmaAssignment, pragmaValue, rejectUnkept } from '../../config/pragma-assignment.ts'
import type { ConfigPragma } from '../../config/pragmas.ts'
import type { SqliteHandle } from './handle.ts'

/**
 * Those that SQLite has read back on a connection of this thread as they were set, and of which it says nothing when it sets
 * them. It keeps them so on each connection, or on none.
 */
const confirmed = new WeakSet<ConfigPragma>()

/** @throws DialectConfigError where SQLite keeps another value. */
export function setPragmas(database: SqliteHandle, pragmas: readonly ConfigPragma[]): void {
  for (const pragma of pragmas) {
    if (pragma.value.reads === undefined || confirmed.has(pragma))
      database.exec(`pragma ${pragmaAssignment(pragma)}`)
    else setAndReadBack(database, pragma)
  }
}

function setAndReadBack(database: SqliteHandle, pragma: ConfigPragma): void {
  const said = pragmaValue(database.pragma(pragmaAssignment(pragma)))
  rejectUnkept(pragma, said ?? pragmaValue(database.pragma(pragma.name)))
  if (said === undefined) confirmed.add(pragma)
}
