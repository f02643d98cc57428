import type { MaybePromise } from '@poolclass/pools'
import { isUnprepared } from '../connection/unprepared.ts'
import { type BusyWait, isBusy, type RefusedStatement, untilNotBusy } from '../waiting/busy.ts'
import { retryOf } from '../waiting/lock-ahead.ts'
import type { TurnToWrite } from './turn-to-write.ts'

/**
 * Runs `attempt`, and repeats it while another connection's lock is in the way, up to the busy timeout.
 *
 * @param statement The statement that `attempt` runs, if it is only one.
 */
export function repeatWhileBusy<T>(
  turnToWrite: TurnToWrite,
  attempt: () => MaybePromise<T>,
  signal: AbortSignal | undefined,
  statement?: RefusedStatement,
): Promise<T> {
  const waitAfter = (refusal: { readonly code: string }): BusyWait => turnToWrite.waitAfter(refusal, signal)
  if (statement === undefined) return untilNotBusy(attempt, waitAfter)
  return untilNotBusy(attempt, waitAfter, async (refusal, again, wait) => {
    await turnToWrite.join(signal)
    return await retryOf(statement)(refusal, again, wait)
  })
}

/** Continues after the first attempt to run a statement has failed. SQLite may have refused it because of a lock. */
export async function retryIfBusy<T>(
  turnToWrite: TurnToWrite,
  refusal: unknown,
  statement: RefusedStatement,
  attempt: () => MaybePromise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (isBusy(refusal))
    return await retryOf(statement)(refusal, attempt, turnToWrite.waitAfter(refusal, signal))
  if (!isUnprepared(refusal)) turnToWrite.noteRead(statement.sql, statement.connection)
  throw refusal
}
