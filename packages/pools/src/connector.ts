import { warnOf } from './errors.ts'
import { isPromise, type MaybePromise } from './maybe-promise.ts'
import type { PoolEventDetails, PoolEventHub } from './pool-events.ts'
import type { ResolvedPoolOptions } from './pool-options.ts'
import type { Creator, PoolableConnection } from './poolable-connection.ts'

/** Opens and closes the connections of one pool, tells its listeners, and counts. */
export class Connector<C extends PoolableConnection> {
  readonly options: ResolvedPoolOptions
  readonly events: PoolEventHub<C>
  readonly details: PoolEventDetails<C>

  /** Connections opened and closed so far. */
  opened = 0
  closed = 0

  /**
   * The openings of this pool are numbered from 1 as they begin. Connections with a number up to this one are
   * suspected to be dead, and are replaced at their next checkout.
   */
  suspectUpTo = 0

  readonly #creator: Creator<C>
  #openings = 0
  #firstConnected = false
  #firstConnecting: Promise<void> | undefined

  constructor(
    creator: Creator<C>,
    options: ResolvedPoolOptions,
    events: PoolEventHub<C>,
    details: PoolEventDetails<C>,
  ) {
    this.#creator = creator
    this.options = options
    this.events = events
    this.details = details
  }

  /** The number of an opening that is about to begin. */
  nextOpening(): number {
    return ++this.#openings
  }

  /** All connections opened until now are replaced at their next checkout. */
  suspectAll(): void {
    this.suspectUpTo = this.#openings
  }

  /** A new connection that its listeners have set up. When they fail, it is closed again. */
  async open(): Promise<C> {
    const connection = await this.#creator()
    this.opened++
    try {
      if (!this.#firstConnected) await this.#firstConnect(connection)
      if (this.events.hears('connect')) await this.events.tell('connect', connection, this.details)
    } catch (error) {
      await this.close(connection)
      throw error
    }
    return connection
  }

  /** Never fails: a connection that cannot be closed is given up, with a warning. */
  close(connection: C, event: 'close' | 'closeDetached' = 'close'): MaybePromise<void> {
    const told = this.events.hears(event) ? this.events.notify(event, connection, this.details) : undefined
    return isPromise(told) ? told.then(() => this.#close(connection)) : this.#close(connection)
  }

  #close(connection: C): MaybePromise<void> {
    const failed = (error: unknown): void =>
      warnOf(`${this.details.pool.constructor.name}: closing a connection failed`, error)
    this.closed++
    try {
      const closing = connection.close()
      if (isPromise(closing)) return closing.then(undefined, failed)
    } catch (error) {
      failed(error)
    }
  }

  /** Connections that are opened at the same time wait for the listeners, and take the first one's place if they fail. */
  async #firstConnect(connection: C): Promise<void> {
    while (this.#firstConnecting !== undefined) {
      // oxlint-disable-next-line no-await-in-loop -- one at a time is the point
      await this.#firstConnecting.catch(() => {})
    }
    if (this.#firstConnected) return
    this.#firstConnecting = this.events.tell('firstConnect', connection, this.details)
    try {
      await this.#firstConnecting
      this.#firstConnected = true
    } finally {
      this.#firstConnecting = undefined
    }
  }
}
