import type { Opening } from '../drivers/local/opening.ts'
import type { SqliteLibrary } from '../drivers/local/sqlite-library.ts'
import { ThreadConnection } from './thread-connection.ts'
import { WorkerClient } from './worker-client.ts'

/**
 * Opens a connection in a thread of its own, which ends with it.
 *
 * @param creator The URL of the module that opens the handle; undefined where this package does.
 */
export async function openInOwnThread(
  library: SqliteLibrary,
  opening: Opening,
  label: string,
  creator: string | undefined,
): Promise<ThreadConnection> {
  const worker = new WorkerClient(library, { name: `SQLite ${label}`, creator, onExit: () => {} })
  const opened = ThreadConnection.open(worker, opening, label)
  worker.endWithLast()
  return await opened
}
