import * as kysely from 'kysely'
import type { TransactionLostError } from '../errors/session-errors.ts'
import { steps } from './statement-order.ts'

/**
 * Whether this Kysely knows the mark, as it does from 0.29.8 on. An older Kysely leaves it to its user to roll back after a
 * failed commit.
 */
export const KYSELY_KNOWS_ABORTED: boolean = 'isAbortedTransactionError' in kysely

/**
 * The mark tells Kysely that the transaction needs no rollback either. Kysely looks for it two steps after the commit has
 * failed. The user gets the error after five or more steps, without the mark. If the error then leaves another transaction,
 * Kysely has to roll that one back. A mark that is removed too early only costs a rollback of nothing.
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
