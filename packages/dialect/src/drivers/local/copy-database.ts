import type { Copying } from '../../connection/connection.ts'
import type { SqliteHandle } from './handle.ts'
import type { SqliteLibrary } from './sqlite-library.ts'

/**
 * Copies a database within a read transaction.
 *
 * A copy is made in steps, and begins anew where another connection has written between two of them,
 * https://www.sqlite.org/c3ref/backup_finish.html#sqlite3backupstep: beside a writer that never pauses it would never end. Within a
 * read transaction it sees no later writes. With a WAL the writers go on meanwhile, with a rollback journal they wait.
 */
export async function copyDatabase(
  library: SqliteLibrary,
  handle: SqliteHandle,
  file: string,
  copying: Copying,
): Promise<void> {
  handle.prepare('begin').run([])
  try {
    // Takes the lock. A first step that is refused it would pass for the last one.
    handle.prepare('select 1 from sqlite_schema limit 1').all([])
    await library.copy(handle, file, copying)
  } finally {
    handle.prepare('rollback').run([])
  }
}
