import type { ConnectionRecord } from './connection-record.ts'
import { ConnectionClosedError } from './errors.ts'
import { done, type MaybePromise } from './maybe-promise.ts'
import type { PoolableConnection } from './poolable-connection.ts'

/** What a checkout needs of its pool. */
export interface Lender<C extends PoolableConnection> {
  checkIn(record: ConnectionRecord<C>): Promise<void>
  detach(record: ConnectionRecord<C>): C | undefined
  closeDetached(connection: C): MaybePromise<void>
}

/**
 * One checkout: a connection that is the borrower's alone until `close()`.
 *
 * ```ts
 * await using pooled = await pool.connect()
 * pooled.connection.execute('select 1')
 * ```
 */
export class PooledConnection<C extends PoolableConnection> {
  /**
   * Where the connection was checked out. Set by a borrower who wants to be found: the stack is shown to those who wait
   * for a connection in vain.
   */
  holder: Error | undefined

  readonly #lender: Lender<C>
  /** Ours until check-in or detach. */
  #record: ConnectionRecord<C> | undefined
  #detached: C | undefined

  /** Made by `pool.connect()`. */
  constructor(lender: Lender<C>, record: ConnectionRecord<C>) {
    this.#lender = lender
    this.#record = record
    this.#detached = undefined
    this.holder = undefined
  }

  /** @throws ConnectionClosedError after `close()` and after a hard `invalidate()` */
  get connection(): C {
    const connection = this.#record === undefined ? this.#detached : this.#record.connection
    if (connection === undefined) throw this.#closed()
    return connection
  }

  /**
   * Gives the connection back. What is open on it is rolled back (`poolResetOnReturn`). A connection on which that
   * fails is closed, and its slot gets a new one. A second call does nothing.
   */
  close(): Promise<void> {
    const record = this.#record
    if (record === undefined) return this.#closeDetached()
    this.#record = undefined
    return this.#lender.checkIn(record)
  }

  /**
   * Says that something is wrong with the connection. Hard: it is closed now, and `close()` gives back the empty slot.
   * Soft: it can still be used, and is replaced at the slot's next checkout.
   *
   * @throws ConnectionClosedError after `close()`
   */
  async invalidate(error?: unknown, { soft = false }: { soft?: boolean | undefined } = {}): Promise<void> {
    const record = this.#record
    if (record !== undefined) return soft ? record.softInvalidate(error) : record.invalidate(error)
    if (this.#detached === undefined) throw this.#closed()
    if (!soft) await this.#closeDetached()
  }

  /**
   * Takes the connection out of the pool for good and frees its slot. The connection is the caller's; `close()` closes it.
   *
   * @throws ConnectionClosedError after `close()` and after a hard `invalidate()`
   */
  detach(): C {
    const { connection } = this
    if (this.#record !== undefined) {
      this.#detached = this.#lender.detach(this.#record)
      this.#record = undefined
    }
    return connection
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #closeDetached(): Promise<void> {
    const connection = this.#detached
    if (connection === undefined) return done
    this.#detached = undefined
    return Promise.resolve(this.#lender.closeDetached(connection))
  }

  #closed(): ConnectionClosedError {
    return this.#record === undefined
      ? new ConnectionClosedError(
          'This checkout was closed and its connection may be in other hands; call connect() again.',
        )
      : new ConnectionClosedError(
          'The connection of this checkout was invalidated; close() it and call connect() again.',
        )
  }
}
