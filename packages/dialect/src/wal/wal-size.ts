import { statSync } from 'node:fs'

/**
 * The size of the WAL of a file in bytes; 0 where there is none.
 *
 * Nothing is opened: when a process closes a file, it loses the locks of SQLite on it,
 * https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
 */
export function walSize(path: string): number {
  try {
    return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0
  } catch {
    return 0
  }
}
