import { transactionEnd } from '../connection/first-keyword.ts'
import { type Overdue, TransactionLostError, type TransactionLostOptions } from '../errors/session-errors.ts'
import type { Checkout } from './checkout.ts'

/** Why the open transaction has ended although its user has not ended it, which its user is told with what comes next. */
export class TransactionLoss {
  readonly #checkout: Checkout
  /** Why it was rolled back, and not by its user. */
  #lost: TransactionLostOptions | undefined
  /** The statement of its user that has ended it. */
  #sent: 'commit' | 'rollback' | undefined

  constructor(checkout: Checkout) {
    this.#checkout = checkout
  }

  /** Notes whether a statement of its user has ended it. */
  noteStatement(sql: string): void {
    const end = transactionEnd(sql)
    if (end !== undefined && this.#checkout.connection?.inTransaction !== true) this.#sent = end
  }

  /** Notes whether an error has ended it. */
  noteFailure(error: unknown): void {
    if (this.#checkout.connection?.inTransaction === false) this.#lost ??= { cause: error }
  }

  noteRolledBack(overdue: Overdue): void {
    this.#lost = { overdue }
  }

  /** What comes after its end would be saved on its own. */
  throwIfLost(): void {
    if (this.#lost !== undefined) throw new TransactionLostError(this.#lost)
  }

  /** What the reader of a stream is told whose transaction was open for too long. */
  get overdueError(): TransactionLostError | undefined {
    return this.#lost?.overdue === undefined ? undefined : new TransactionLostError(this.#lost)
  }

  /** What its user is told who commits it. */
  get commitError(): TransactionLostError {
    return new TransactionLostError({ ...this.#lost, sent: this.#sent })
  }

  /** Another transaction may follow. */
  forget(): void {
    this.#lost = undefined
    this.#sent = undefined
  }
}
