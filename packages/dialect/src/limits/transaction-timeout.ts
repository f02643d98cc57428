import { TimeLimit } from '@poolclass/pools/time-limit'
import type { Limits } from '../config/limits.ts'
import type { Overdue } from '../errors/session-errors.ts'
import { warn } from '../warn.ts'

/** The owner of a transaction. */
export interface TransactionOwner {
  transactionOverdue(overdue: Overdue): void
}

/** Finds transactions that are open for too long; undefined if there is no limit. */
export function transactionLimit({
  transactionTimeout: limit,
}: Limits): TimeLimit<TransactionOwner> | undefined {
  if (limit === 0) return undefined
  return new TimeLimit(limit, (owner, age) => owner.transactionOverdue({ age, limit }))
}

/** Names the transaction that was rolled back. Its user may never send another statement, and so would never hear of it. */
export function warnOfOverdue({ age, limit }: Overdue, label: string, begun: Error | undefined): void {
  warn(
    'POOLCLASS_TRANSACTION_TIMEOUT',
    `A transaction on ${label} was rolled back, because it was open for ${Math.ceil(age)} ms, longer than transactionTimeout ` +
      `(${limit} ms). The next statement in it fails.`,
    begun?.stack?.replace(/^Error: [^,]*, /, 'It was '),
  )
}
