import type { CheckIn } from './check-in.ts'
import { type ConnectionInfo, infoOf } from './events/connection-info.ts'
import { ConnectionClosedError } from './errors.ts'
import { DONE } from './maybe-promise.ts'
import type { PoolableConnection } from './poolable-connection.ts'
import type { Slot, SlotKey } from './connection-record.ts'

/**
 * One checkout: a connection that is the borrower's alone until `close()`.
 *
 * ```ts
 * await using pooled = await pool.connect()
 * pooled.connection.execute('select 1')
 * ```
 *
 * Keep it as long as you use its connection. A checkout that nobody holds any more was forgotten: the pool warns and takes
 * the connection back.
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

  /** It has a connection: it was neither closed nor invalidated, and its connection has not been lost. */
  get isValid(): boolean {
    return (this.#key?.slot.connection ?? this.#detached) !== undefined
  }

  /** Its connection has left the pool, and is the borrower's until `close()`. */
  get isDetached(): boolean {
    return this.#detached !== undefined
  }

  /**
   * A place for notes on the connection, which live as long as it does: later borrowers and the listeners of the pool see them too.
   *
   * @throws ConnectionClosedError as `connection`
   */
  get info(): ConnectionInfo {
    return infoOf(this.connection)
  }

  /** @throws ConnectionClosedError after `close()` and after a hard `invalidate()` */
  get connection(): C {
    const connection = this.#key === undefined ? this.#detached : this.#key.slot.connection
    if (connection === undefined) throw new ConnectionClosedError(this.#isInvalidated)
    return connection
  }

  /**
   * Where the connection was checked out. Set by a borrower who wants to be found: the stack is shown to those who wait
   * for a connection in vain, and in the warning of a checkout that was forgotten.
   */
  get holder(): Error | undefined {
    return this.#key?.slot.holder
  }

  set holder(holder: Error | undefined) {
    if (this.#key !== undefined) this.#key.slot.holder = holder
  }

  /**
   * Gives the connection back. What is open on it is rolled back (`poolResetOnReturn`). A connection on which that
   * fails is closed, and its slot gets a new one. A second call does nothing.
   */
  close(): Promise<void> {
    if (this.#key !== undefined) return this.#checkIn.close(this.#leave(this.#key))
    const connection = this.#detached
    if (connection === undefined) return DONE
    this.#detached = undefined
    return this.#checkIn.closeDetached(connection)
  }

  /**
   * Says that something is wrong with the connection. Hard: it is closed now, and the checkout ends with it; whoever is next
   * gets a new connection. Soft: it can still be used, and is replaced at the slot's next checkout. After a hard one, a
   * second call does nothing.
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
   * Takes the connection out of the pool for good and frees its slot. The connection is the caller's; `close()` resets and
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

  /** Puts the key back into its slot, which somebody else has from now on. */
  #leave(key: SlotKey<C>): Slot<C> {
    const { slot } = key
    slot.key = key
    this.#key = undefined
    return slot
  }
}
