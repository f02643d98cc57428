import { isBusy } from '../../waiting/busy.ts'
import { isSqliteError } from '../driver.ts'
import { HOW_TO_OBEY, refused } from './created-handle.ts'
import type { SqliteHandle } from './handle.ts'

/**
 * Makes sure that SQLite itself lets a creator's handle write nothing, because any query can switch `query_only` off. Called when
 * the handle has its key, because it cannot read without it.
 *
 * @throws DialectConfigError; SqliteError `SQLITE_BUSY` where another connection keeps the schema from being read.
 */
export function rejectWritable(handle: SqliteHandle): void {
  if (!canWrite(handle)) return
  throw refused(`returned a Database that can write, but the config says mode=ro or readonly. ${HOW_TO_OBEY}`)
}

/**
 * No library tells: they remember how they were asked to open the file, if at all. So a write is begun, and changes nothing. SQLite
 * looks at what the handle may do before it looks at the locks of others.
 */
function canWrite(handle: SqliteHandle): boolean {
  const [row] = handle.pragma('query_only') as readonly { readonly query_only: number | bigint }[]
  handle.pragma('query_only = off')
  handle.prepare('begin').run([])
  try {
    handle.prepare('select 1 from sqlite_schema limit 1').all([])
    return canBeginToWrite(handle)
  } finally {
    handle.prepare('rollback').run([])
    handle.pragma(`query_only = ${Number(row?.query_only)}`)
  }
}

function canBeginToWrite(handle: SqliteHandle): boolean {
  try {
    handle.pragma('incremental_vacuum(1)')
    return true
  } catch (error) {
    if (isSqliteError(error, 'SQLITE_READONLY')) return false
    if (isBusy(error)) return true
    throw error
  }
}
