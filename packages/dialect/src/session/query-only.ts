import type { Checkout } from './checkout.ts'
import type { StatementOrder } from './statement-order.ts'

/** Makes SQLite refuse writes in a read-only transaction, https://www.sqlite.org/pragma.html#pragma_query_only */
export class QueryOnly {
  readonly #checkout: Checkout
  readonly #order: StatementOrder
  /** The value of the pragma before `set`. */
  #before: unknown

  constructor(checkout: Checkout, order: StatementOrder) {
    this.#checkout = checkout
    this.#order = order
  }

  async set(): Promise<void> {
    this.#order.throwIfOver()
    const connection = this.#checkout.connection!
    const { rows } = await connection.execute('pragma query_only', [])
    this.#order.throwIfOver()
    this.#before = (rows[0] as { query_only: number | bigint }).query_only
    await connection.execute('pragma query_only = on', [])
  }

  /** Restores the value from before `set`; undefined if there is nothing to restore. */
  restore(): Promise<void> | undefined {
    const before = this.#before
    if (before === undefined) return undefined
    this.#before = undefined
    return this.#restore(before)
  }

  async #restore(before: unknown): Promise<void> {
    const { connection } = this.#checkout
    if (connection === undefined || connection.closed === true) return
    await connection.execute(`pragma query_only = ${String(before)}`, [])
  }
}
