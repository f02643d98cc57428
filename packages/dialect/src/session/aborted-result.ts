import type { QueryResult } from 'kysely'

/**
 * What an aborted query gives. Kysely has rejected with the reason already, and would print a second rejection to the
 * console. Whoever looks at the result all the same gets the reason.
 */
export function abortedResult<R>({ reason }: AbortSignal): QueryResult<R> {
  return {
    get rows(): R[] {
      throw reason
    },
  }
}
