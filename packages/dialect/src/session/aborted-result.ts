import type { QueryResult } from 'kysely'
import { isSqliteError } from '../drivers/driver.ts'
import { ThreadDiedError } from '../errors/threads-errors.ts'

/**
 * What an aborted query gives. Kysely has rejected with the reason already, and would print a second rejection to the
 * console. Whoever looks at the result all the same gets the reason.
 */
export class AbortedResult<R> implements QueryResult<R> {
  readonly #signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  get rows(): R[] {
    throw this.#signal.reason
  }
}

/**
 * Whether a query failed because it was aborted. Kysely prints any other failure, which nobody else would tell.
 *
 * @param isToEnd What ran was told to end.
 */
export function isOfAbort(
  failure: unknown,
  signal: AbortSignal | undefined,
  isToEnd: boolean,
): signal is AbortSignal {
  return signal?.aborted === true && (failure === signal.reason || (isToEnd && isEnd(failure)))
}

/** What `cancel` and `kill` of a connection make of a statement. */
function isEnd(failure: unknown): boolean {
  return failure instanceof ThreadDiedError || isSqliteError(failure, 'SQLITE_INTERRUPT')
}
