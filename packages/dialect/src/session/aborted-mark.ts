import * as kysely from 'kysely'
import type { TransactionLostError } from '../errors/session-errors.ts'
import { steps } from './statement-order.ts'

/** Whether Kysely knows the mark, as it does from 0.29.8 on. Before, it has its user roll back what failed to commit. */
export const KYSELY_KNOWS_ABORTED: boolean = 'isAbortedTransactionError' in kysely

/**
 * Kysely knows by the mark that there is nothing to roll back either. It looks two steps after the commit has failed, and the
 * user has the error after five or more, without the mark: where it leaves another transaction, Kysely has to roll that back.
 * A mark that is gone too early costs a rollback of nothing.
 */
export function markedAsAborted(error: TransactionLostError): TransactionLostError {
  Object.defineProperty(error, ABORTED, { value: true, configurable: true })
  void unmark(error)
  return error
}

async function unmark(error: TransactionLostError): Promise<void> {
  await steps(STEPS_WITH_THE_MARK)
  Reflect.deleteProperty(error, ABORTED)
}

const ABORTED = Symbol.for('kysely.AbortedTransactionError')
const STEPS_WITH_THE_MARK = 3
