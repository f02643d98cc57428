import { withDeeperStack } from '../../connection/deeper-stack.ts'
import { quoted } from '../../connection/identifier.ts'
import type { SqliteHandle, SqliteStatement } from './handle.ts'

/**
 * Has a connection read the schema anew, and prepares a statement by it: one that sat idle while another changed the schema
 * judges by the old one until it next runs a statement.
 *
 * @param isToStayUnlocked A transaction is open that has no lock yet, and is to get none.
 */
export function prepareAnew(handle: SqliteHandle, sql: string, isToStayUnlocked: boolean): SqliteStatement {
  if (isToStayUnlocked) forgetSchema(handle)
  else compareSchema(handle)
  return withDeeperStack(() => handle.prepare(sql))
}

/** Running any statement compares the schema cookie of the databases that it reads, https://www.sqlite.org/fileformat2.html#schema_cookie */
function compareSchema(handle: SqliteHandle): void {
  const databases = handle.prepare('select name from pragma_database_list').all([]) as { name: string }[]
  for (const { name } of databases) {
    handle.prepare(`select 1 from ${quoted(name)}.sqlite_schema limit 1`).all([])
  }
}

/**
 * A transaction would keep the read lock of a comparison to its end. With `RESET` “the schema is reloaded”,
 * https://www.sqlite.org/pragma.html#pragma_writable_schema: by the next statement that is prepared, under a lock that is
 * released at once. Not after a write: SQLite would no longer know that a rollback takes back changes of the schema.
 */
function forgetSchema(handle: SqliteHandle): void {
  const [row] = handle.pragma('writable_schema') as readonly { writable_schema: number | bigint }[]
  handle.pragma('writable_schema = reset')
  if (Number(row?.writable_schema) === 1) handle.pragma('writable_schema = on')
}
