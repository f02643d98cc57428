import { noteBorrowing, releaseChannel } from './diagnostics/pool-channels.ts'
import type { CheckIn } from './check-in.ts'
import { DisconnectionError } from './errors.ts'
import type { Teller } from './events/event-hub.ts'
import type { ForgottenCheckouts } from './forgotten-checkouts.ts'
import type { LeakDetection } from './leak-detection.ts'
import { isPromise, type MaybePromise } from './maybe-promise.ts'
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
    if (releaseChannel.hasSubscribers) noteBorrowing(slot)
    return new PooledConnection(this.#checkIn, this.#forgotten.takeKey(slot))
  }

  /** Sees to it that the slot has a connection which lives, tells the listeners, and hands it over. */
  prepare(slot: Slot<C>, signal: AbortSignal | undefined): MaybePromise<PooledConnection<C>> {
    const prepared = this.#prepare(slot)
    return signal === undefined || !isPromise(prepared)
      ? prepared
      : abandonable(prepared, signal, (pooled) => void pooled.close())
  }

  #prepare(slot: Slot<C>): MaybePromise<PooledConnection<C>> {
    let readying: MaybePromise<void>
    try {
      readying = slot.makeReady()
    } catch (error) {
      return this.#fail(slot, error)
    }
    return isPromise(readying) || this.#events.hears('checkout')
      ? this.#prepareSlowly(slot, readying)
      : this.handOver(slot)
  }

  async #fail(slot: Slot<C>, error: unknown): Promise<never> {
    await this.#checkIn.giveBack(slot)
    throw error
  }

  async #prepareSlowly(slot: Slot<C>, readying: MaybePromise<void>): Promise<PooledConnection<C>> {
    try {
      await readying
    } catch (error) {
      return await this.#fail(slot, error)
    }
    const pooled = this.handOver(slot)
    try {
      await this.#tell(slot, pooled, ATTEMPTS)
      if (releaseChannel.hasSubscribers) noteBorrowing(slot)
      return pooled
    } catch (error) {
      await pooled.close()
      throw error
    }
  }

  /** Tells the listeners, each of which can ask for another connection. */
  async #tell(slot: Slot<C>, checkout: PooledConnection<C>, attempts: number): Promise<void> {
    if (!this.#events.hears('checkout')) return
    const { connection } = checkout
    try {
      await this.#events.tell('checkout', connection, { checkout })
    } catch (error) {
      if (!(error instanceof DisconnectionError)) throw error
      if (error.invalidatePool) slot.suspectAll()
      await slot.invalidate(error)
      await this.#events.notify('checkin', connection, {})
      if (attempts === 1) throw error
      await slot.makeReady()
      await this.#tell(slot, checkout, attempts - 1)
    }
  }
}

/** As in SQLAlchemy: where a new connection does not do either, another one would not. */
const ATTEMPTS = 2
