import { transactionEnd } from '../connection/first-keyword.ts'
import { type Overdue, TransactionLostError, type TransactionLostOptions } from '../errors/session-errors.ts'
import type { Checkout } from './checkout.ts'

/** Why the open transaction ended before its user ended it. The user's next call gets this as an error. */
export class TransactionLoss {
  readonly #checkout: Checkout
  /** Why it was rolled back, if its user did not do that. */
  #lost: TransactionLostOptions | undefined
  /** The user's statement that ended it. */
  #sent: 'commit' | 'rollback' | undefined

  constructor(checkout: Checkout) {
    this.#checkout = checkout
  }

  /** Notes whether a statement of the user has ended it. */
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

  /** Refuses what comes after its end, because that would be saved on its own. */
  throwIfLost(): void {
    if (this.#lost !== undefined) throw new TransactionLostError(this.#lost)
  }

  /** The error for the reader of a stream in a transaction that was open for too long. */
  get overdueError(): TransactionLostError | undefined {
    return this.#lost?.overdue === undefined ? undefined : new TransactionLostError(this.#lost)
  }

  /** The error for the user's commit. */
  get commitError(): TransactionLostError {
    return new TransactionLostError({ ...this.#lost, sent: this.#sent })
  }

  /** Another transaction may follow. */
  forget(): void {
    this.#lost = undefined
    this.#sent = undefined
  }
}
