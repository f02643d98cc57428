import type { QueryId } from 'kysely'

let compiled: QueryId | undefined

/** A query was compiled. */
export function noteCompiled(query: QueryId): void {
  compiled = query
}

/**
 * The query that was compiled last, once. Kysely's query builders acquire a connection in the same step in which they compile, so
 * the connection is for this query.
 */
export function takeCompiled(): QueryId | undefined {
  const query = compiled
  compiled = undefined
  return query
}
