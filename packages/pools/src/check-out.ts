import { borrowing } from './diagnostics/pool-channels.ts'
import type { CheckIn } from './check-in.ts'
import type { Teller } from './event-hub.ts'
import type { ForgottenCheckouts } from './forgotten-checkouts.ts'
import type { LeakDetection } from './leak-detection.ts'
import type { PoolableConnection } from './poolable-connection.ts'
import { PooledConnection } from './pooled-connection.ts'
import type { Slot } from './connection-record.ts'
import { abandonable } from './wait.ts'

/** Makes a checkout of a slot that was lent. */
export class CheckOut<C extends PoolableConnection> {
  readonly #events: Teller<C>
  readonly #checkIn: CheckIn<C>
  readonly #forgotten: ForgottenCheckouts<C>
  readonly #leaks: LeakDetection<C> | undefined

  constructor(
    events: Teller<C>,
    checkIn: CheckIn<C>,
    forgotten: ForgottenCheckouts<C>,
    leaks: LeakDetection<C> | undefined,
  ) {
    this.#events = events
    this.#checkIn = checkIn
    this.#forgotten = forgotten
    this.#leaks = leaks
  }

  /** Whether the slot can be handed over as it is. */
  isReady(slot: Slot<C>): boolean {
    return slot.isReady && !this.#events.hears('checkout')
  }

  handOver(slot: Slot<C>): PooledConnection<C> {
    this.#leaks?.begin(slot)
    slot.borrowing = borrowing(slot.connection)
    return new PooledConnection(this.#checkIn, this.#forgotten.takeKey(slot))
  }

  /** Sees to it that the slot has a connection which lives, tells the listeners, and hands it over. */
  prepare(slot: Slot<C>, signal: AbortSignal | undefined): Promise<PooledConnection<C>> {
    const prepared = this.#prepare(slot)
    return signal === undefined ? prepared : abandonable(prepared, signal, (pooled) => void pooled.close())
  }

  async #prepare(slot: Slot<C>): Promise<PooledConnection<C>> {
    try {
      await slot.makeReady()
    } catch (error) {
      await this.#checkIn.giveBack(slot)
      throw error
    }
    const pooled = this.handOver(slot)
    try {
      if (this.#events.hears('checkout')) await this.#events.tell('checkout', pooled.connection)
    } catch (error) {
      await pooled.close()
      throw error
    }
    return pooled
  }
}
