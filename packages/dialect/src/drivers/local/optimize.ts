import type { Autocheckpoint } from './autocheckpoint.ts'
import type { SqliteHandle } from './handle.ts'

/**
 * Renews the statistics that queries are planned by, where they are out of date: “Applications with short-lived database
 * connections should run PRAGMA optimize once, just prior to closing each database connection”,
 * https://www.sqlite.org/pragma.html#pragma_optimize
 *
 * What keeps it from that, such as a lock, keeps nobody from closing: the next connection tries again.
 */
export function optimize(handle: SqliteHandle, autocheckpoint: Autocheckpoint): void {
  try {
    if (handle.inTransaction) return
    autocheckpoint.set()
    handle.pragma('optimize')
  } catch {}
}
