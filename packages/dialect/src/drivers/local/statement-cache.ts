import { isWorthKeeping } from '../../connection/first-keyword.ts'
import { SqlTextCache } from '../../connection/sql-text-cache.ts'
import type { PreparedStatement } from './prepared-statement.ts'

/** The prepared statements that one connection keeps. */
export type StatementCache = SqlTextCache<PreparedStatement>

/** @param capacity How many; 0 prepares every query anew. */
export function newStatementCache(capacity: number): StatementCache {
  return new SqlTextCache(capacity, CACHED_BYTES)
}

/** Keeps a statement, unless it is one that changes the schema or the session. */
export function keepStatement(
  cache: StatementCache,
  sql: string,
  prepared: PreparedStatement,
  parameterCount: number,
): void {
  if (isWorthKeeping(sql)) cache.set(sql, prepared, bytesOfStatement(sql, parameterCount))
}

/** By the estimate of `bytesOfStatement`. */
const CACHED_BYTES = 8_000_000

/**
 * What a prepared statement takes, in bytes, within a factor of five. As measured, it is some 7,000 for a short one, up
 * to 10 for each character of a long one, and 60 to 130 for each parameter. SQLite's own count is not to be had.
 */
function bytesOfStatement(sql: string, parameterCount: number): number {
  return 7_000 + 8 * sql.length + 80 * parameterCount
}
