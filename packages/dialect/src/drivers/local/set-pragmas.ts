import { pragmaAssignment, pragmaValue, rejectUnkept } from '../../config/pragma-assignment.ts'
import type { ConfigPragma } from '../../config/pragmas.ts'
import type { SqliteHandle } from './handle.ts'

/** Those that SQLite has read back on a connection of this thread as they were set. It does so on each, or on none. */
const confirmed = new WeakSet<readonly ConfigPragma[]>()

/** @throws DialectConfigError where SQLite keeps another value. */
export function setPragmas(database: SqliteHandle, pragmas: readonly ConfigPragma[]): void {
  for (const pragma of pragmas) {
    const { name, value } = pragma
    const said = pragmaValue(database.pragma(pragmaAssignment(pragma)))
    if (value.reads === undefined || (said === undefined && confirmed.has(pragmas))) continue
    rejectUnkept(pragma, said ?? pragmaValue(database.pragma(name)))
  }
  confirmed.add(pragmas)
}
