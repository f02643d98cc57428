import type { QueryResult } from 'kysely'
import { isSqliteError } from '../drivers/driver.ts'
import { ThreadDiedError } from '../errors/threads-errors.ts'

/**
 * The result of an aborted query. Kysely has already rejected with the reason, and would print a second rejection to the
 * console. Code that reads the rows anyway gets the reason.
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
 * Whether a query failed because it was aborted. Kysely prints any other failure, because nothing else would report it.
 *
 * @param isToEnd The running statement was told to end.
 */
export function isOfAbort(
  failure: unknown,
  signal: AbortSignal | undefined,
  isToEnd: boolean,
): signal is AbortSignal {
  return signal?.aborted === true && (failure === signal.reason || (isToEnd && isEnd(failure)))
}

/** Whether a statement failed because of `cancel` or `kill` of its connection. */
function isEnd(failure: unknown): boolean {
  return failure instanceof ThreadDiedError || isSqliteError(failure, 'SQLITE_INTERRUPT')
}
