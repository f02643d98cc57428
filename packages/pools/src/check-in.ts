import type { Connector } from './connector.ts'
import { warnOf } from './errors.ts'
import type { ResetReason } from './events/pool-events.ts'
import { DONE, isPromise, type MaybePromise } from './maybe-promise.ts'
import type { PoolableConnection } from './poolable-connection.ts'
import type { Slot } from './connection-record.ts'

/** The ways to end a checkout. Each of them gives the slot back, once. */
export class CheckIn<C extends PoolableConnection> {
  readonly #connector: Connector<C>
  /** Makes a slot free, as it is. */
  readonly giveBack: (slot: Slot<C>) => MaybePromise<void>

  constructor(connector: Connector<C>, giveBack: (slot: Slot<C>) => MaybePromise<void>) {
    this.#connector = connector
    this.giveBack = giveBack
  }

  /** Resets the connection and keeps it. */
  close(slot: Slot<C>, why: ResetReason = CLOSED): Promise<void> {
    const { connection } = slot
    const resetting = this.#reset(slot, why)
    if (isPromise(resetting) || this.#connector.events.hears('checkin'))
      return this.#finish(slot, connection, resetting)
    const returning = this.giveBack(slot)
    return isPromise(returning) ? returning : DONE
  }

  /** Closes the connection. */
  invalidate(slot: Slot<C>, error: unknown): Promise<void> {
    const { connection } = slot
    return this.#finish(slot, connection, slot.invalidate(error))
  }

  /** Leaves the connection to its borrower. */
  detach(slot: Slot<C>): C | undefined {
    const connection = slot.detach()
    void this.giveBack(slot)
    return connection
  }

  /** Resets and closes a connection that was detached. */
  async closeDetached(connection: C): Promise<void> {
    try {
      await this.#connector.reset(connection, DETACHED)
    } catch (error) {
      warnOf(`${this.#connector.pool}: resetting a detached connection before its end failed`, error)
    }
    await this.invalidateDetached(connection)
  }

  /** Closes a connection that was detached and is broken. */
  async invalidateDetached(connection: C): Promise<void> {
    await this.#connector.close(connection, 'closeDetached')
  }

  async #finish(slot: Slot<C>, connection: C | undefined, pending: MaybePromise<void>): Promise<void> {
    await pending
    if (connection !== undefined) await this.#connector.events.notify('checkin', connection, {})
    await this.giveBack(slot)
  }

  #reset(slot: Slot<C>, why: ResetReason): MaybePromise<void> {
    try {
      const resetting = slot.reset(why)
      return isPromise(resetting) ? resetting.catch((error) => this.#resetFailed(slot, error)) : undefined
    } catch (error) {
      return this.#resetFailed(slot, error)
    }
  }

  /** The next borrower must not find what this one left open. */
  #resetFailed(slot: Slot<C>, error: unknown): Promise<void> {
    warnOf(`${this.#connector.pool}: resetting a connection at its check-in failed, so it is closed`, error)
    return slot.invalidate(error)
  }
}

const CLOSED: ResetReason = { reason: 'close', terminateOnly: false }
const DETACHED: ResetReason = { reason: 'detached', terminateOnly: true }

/** Nobody can give it back any more. */
export const FORGOTTEN: ResetReason = { reason: 'forgotten', terminateOnly: false }
