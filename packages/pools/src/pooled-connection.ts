import type { CheckIn } from './check-in.ts'
import { type ConnectionInfo, infoOf } from './events/connection-info.ts'
import { ConnectionClosedError } from './errors.ts'
import { DONE } from './maybe-promise.ts'
import type { PoolableConnection } from './poolable-connection.ts'
import type { Slot, SlotKey } from './connection-record.ts'

/**
 * One checkout: a connection that belongs to the borrower until `close()`.
 *
 * ```ts
 * await using pooled = await pool.connect()
 * pooled.connection.execute('select 1')
 * ```
 *
 * Keep the object as long as you use its connection. If the garbage collector finds it before `close()`, the pool warns and takes the
 * connection back.
 */
export class PooledConnection<C extends PoolableConnection> {
  readonly #checkIn: CheckIn<C>
  /** Ours until check-in, invalidation or detach. */
  #key: SlotKey<C> | undefined
  #detached: C | undefined
  #isInvalidated = false

  /** Made by `pool.connect()`. */
  constructor(checkIn: CheckIn<C>, key: SlotKey<C>) {
    this.#checkIn = checkIn
    this.#key = key
    this.#detached = undefined
  }

  /** Whether it has a usable connection: it was neither closed nor invalidated, and the connection is alive. */
  get isValid(): boolean {
    return (this.#key?.slot.connection ?? this.#detached) !== undefined
  }

  /** Whether its connection has left the pool. It belongs to the borrower until `close()`. */
  get isDetached(): boolean {
    return this.#detached !== undefined
  }

  /**
   * Your notes on the connection. They live as long as the connection, so later borrowers and listeners see them too.
   *
   * @throws ConnectionClosedError as `connection`
   */
  get info(): ConnectionInfo {
    return infoOf(this.connection)
  }

  /**
   * The connection itself.
   *
   * @throws ConnectionClosedError after `close()` and after a hard `invalidate()`
   */
  get connection(): C {
    const connection = this.#key === undefined ? this.#detached : this.#key.slot.connection
    if (connection === undefined) throw new ConnectionClosedError(this.#isInvalidated)
    return connection
  }

  /**
   * Where the connection was checked out. A borrower can set it. The time-out errors of waiting checkouts show its stack, and
   * so does the warning of a forgotten checkout.
   */
  get holder(): Error | undefined {
    return this.#key?.slot.holder
  }

  set holder(holder: Error | undefined) {
    if (this.#key !== undefined) this.#key.slot.holder = holder
  }

  /**
   * Gives the connection back. The pool rolls back an open transaction (`poolResetOnReturn`). If that fails, it closes the
   * connection, and the slot gets a new one. A second call does nothing.
   */
  close(): Promise<void> {
    if (this.#key !== undefined) return this.#checkIn.close(this.#leave(this.#key))
    const connection = this.#detached
    if (connection === undefined) return DONE
    this.#detached = undefined
    return this.#checkIn.closeDetached(connection)
  }

  /**
   * Tells the pool that the connection is broken. A hard invalidation closes it now and ends the checkout. After a soft one the
   * connection stays usable, and the pool replaces it at the slot's next checkout. A call after a hard invalidation does nothing.
   *
   * @throws ConnectionClosedError after `close()`
   */
  async invalidate(error?: unknown, { soft = false }: { soft?: boolean | undefined } = {}): Promise<void> {
    if (this.#isInvalidated) return
    const { connection } = this
    if (soft) return this.#key?.slot.softInvalidate(error)
    this.#isInvalidated = true
    if (this.#key !== undefined) return this.#checkIn.invalidate(this.#leave(this.#key), error)
    this.#detached = undefined
    return this.#checkIn.invalidateDetached(connection)
  }

  /**
   * Takes the connection out of the pool for good, and frees its slot. The connection belongs to the caller. `close()` resets and
   * closes it.
   *
   * @throws ConnectionClosedError after `close()` and after a hard `invalidate()`
   */
  detach(): C {
    const { connection } = this
    if (this.#key !== undefined) this.#detached = this.#checkIn.detach(this.#leave(this.#key))
    return connection
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Puts the key back into its slot, which belongs to another checkout from now on. */
  #leave(key: SlotKey<C>): Slot<C> {
    const { slot } = key
    slot.key = key
    this.#key = undefined
    return slot
  }
}
