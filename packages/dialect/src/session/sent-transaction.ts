import type { TimeLimit } from '@poolclass/pools/time-limit'
import { firstKeyword, transactionEnd } from '../connection/first-keyword.ts'
import { type Overdue, TransactionLostError } from '../errors/session-errors.ts'
import { type TransactionOwner, warnOfOverdue } from '../limits/transaction-timeout.ts'
import type { Checkout } from './checkout.ts'

/** The transactions that the user's own statements begin in a session, one after the other. Each has the same time limit. */
export class SentTransaction implements TransactionOwner {
  /** The session had its connection before the transaction began. */
  isJoined = false
  readonly transactionOverdue: (overdue: Overdue) => void
  readonly #limit: TimeLimit<TransactionOwner>
  readonly #checkout: Checkout
  #lost: Overdue | undefined

  /** @param onOverdue Called with the transaction that has been open for too long. It must not throw. */
  constructor(
    limit: TimeLimit<TransactionOwner>,
    checkout: Checkout,
    onOverdue: (transaction: SentTransaction, overdue: Overdue) => void,
  ) {
    this.#limit = limit
    this.#checkout = checkout
    this.transactionOverdue = (overdue) => onOverdue(this, overdue)
  }

  /** SQLite has begun it. */
  begin(): void {
    this.#limit.begin(this)
  }

  /** Called after each statement, because any statement may have ended it. */
  noteStatement(): void {
    if (!this.#isOpen) this.end()
  }

  /** Its session has ended, or SQLite has ended the transaction. */
  end(): void {
    this.#limit.end(this)
  }

  /**
   * Refuses what belongs to a transaction that was rolled back, because that would be saved on its own. What follows its
   * `commit` does not belong to it, and neither does another `begin`. A `rollback` may be one to a savepoint.
   */
  throwIfLost(sql: string): void {
    if (this.#lost === undefined) return
    const error = this.lostError
    const begins = firstKeyword(sql) === 'begin'
    if (begins || transactionEnd(sql) === 'commit') this.#lost = undefined
    if (!begins) throw error
  }

  /** The error for its user; undefined if the transaction was not open for too long. */
  get lostError(): TransactionLostError | undefined {
    return this.#lost && new TransactionLostError({ overdue: this.#lost })
  }

  /**
   * Rolls it back.
   *
   * @returns whether its connection is free for others.
   */
  async rollbackOverdue(overdue: Overdue): Promise<boolean> {
    const { connection, takenAt } = this.#checkout
    if (connection === undefined || !this.#isOpen) return false
    this.#lost = overdue
    warnOfOverdue(overdue, connection.label, takenAt)
    await connection.rollback()
    return !this.isJoined
  }

  get #isOpen(): boolean {
    return this.#checkout.connection?.inTransaction === true
  }
}
