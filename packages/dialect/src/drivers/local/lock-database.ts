import { untilNotBusy } from '../../waiting/busy.ts'
import type { SqliteLibrary } from './sqlite-library.ts'

/**
 * Waits for an exclusive transaction on an empty database, and returns how to end it.
 *
 * Kysely has a dialect keep a row in a table locked. SQLite has no row locks, and a flag in a row would outlive a process
 * that is killed. What it has are locks on files, which the operating system releases with the process.
 */
export async function lockDatabase(library: SqliteLibrary, filename: string): Promise<() => void> {
  const handle = library.open({ filename, readonly: false, fileMustExist: false, safeIntegers: false })
  try {
    const begin = handle.prepare('begin exclusive')
    await untilNotBusy(
      () => begin.run([]),
      () => ({ timeout: Infinity, error: library.error }),
    )
  } catch (error) {
    handle.close()
    throw error
  }
  return () => void handle.close()
}
