import { SqlTextCache } from '../connection/sql-text-cache.ts'

/** Whether an SQL text writes, as SQLite has said of it before; of how transactions begin it is known beforehand. */
export function knownWrites(): SqlTextCache<boolean> {
  const known = new SqlTextCache<boolean>(REMEMBERED_TEXTS)
  for (const [sql, writes] of TRANSACTION_STARTS) known.set(sql, writes)
  return known
}

const REMEMBERED_TEXTS = 2000

/** As https://www.sqlite.org/c3ref/stmt_readonly.html says of them. */
const TRANSACTION_STARTS = [
  ['begin deferred', false],
  ['begin immediate', true],
  ['begin exclusive', true],
] as const
