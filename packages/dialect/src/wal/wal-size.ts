import { statSync } from 'node:fs'

/**
 * The size of a file's WAL in bytes; 0 if there is none.
 *
 * It does not open the WAL. When a process closes a file, it loses SQLite's locks on that file,
 * https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
 */
export function walSize(path: string): number {
  try {
    return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0
  } catch {
    return 0
  }
}
