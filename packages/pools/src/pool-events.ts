import { didYouMean } from './did-you-mean.ts'
import { PoolOptionError, warnOf } from './errors.ts'
import { isPromise, type MaybePromise } from './maybe-promise.ts'
import type { Pool } from './pool.ts'
import type { PoolableConnection } from './poolable-connection.ts'

/** What a listener is told besides the connection. */
export interface PoolEventDetails<C extends PoolableConnection> {
  readonly pool: Pool<C>
}

export interface InvalidationDetails<C extends PoolableConnection> extends PoolEventDetails<C> {
  /** What was wrong with the connection, as far as known. */
  readonly error: unknown
}

/**
 * The events of a pool and what each tells, as in SQLAlchemy's `PoolEvents`. Asynchronous listeners are awaited.
 *
 * A listener of `connect`, `firstConnect` or `checkout` that throws makes that `connect()` reject, and one of `reset`
 * counts as a failed reset. The others look on: what they throw becomes a warning of the process.
 */
export interface PoolEvents<C extends PoolableConnection> {
  /** The first connection of this pool is open. Nobody gets a connection before the listeners are through. */
  firstConnect: PoolEventDetails<C>
  /** A connection was opened. The place to set it up. */
  connect: PoolEventDetails<C>
  /** A connection is about to be lent. */
  checkout: PoolEventDetails<C>
  /** A connection was given back and has been reset. */
  checkin: PoolEventDetails<C>
  /** A connection was given back and is about to be reset. */
  reset: PoolEventDetails<C>
  /** A connection is closed because something is wrong with it. */
  invalidate: InvalidationDetails<C>
  /** A connection is to be replaced at its next checkout. */
  softInvalidate: InvalidationDetails<C>
  /** A connection is about to be closed. */
  close: PoolEventDetails<C>
  /** A connection has left the pool for good. */
  detach: PoolEventDetails<C>
  /** A connection that had left the pool is about to be closed. */
  closeDetached: PoolEventDetails<C>
}

export type PoolEventName = keyof PoolEvents<PoolableConnection>

export type PoolListener<C extends PoolableConnection, E extends PoolEventName> = (
  connection: C,
  details: PoolEvents<C>[E],
) => void | Promise<void>

type Listeners<C extends PoolableConnection> = { [E in PoolEventName]: PoolListener<C, E>[] }

/** Who listens to a pool, and the telling. Ask `hears` first: then an event without listeners costs nothing. */
export class PoolEventHub<C extends PoolableConnection> {
  readonly #listeners: Listeners<C> = {
    firstConnect: [],
    connect: [],
    checkout: [],
    checkin: [],
    reset: [],
    invalidate: [],
    softInvalidate: [],
    close: [],
    detach: [],
    closeDetached: [],
  }

  /** @throws PoolOptionError for an event that does not exist */
  add<E extends PoolEventName>(event: E, listener: PoolListener<C, E>): void {
    this.#listenersOf(event).push(listener)
  }

  remove<E extends PoolEventName>(event: E, listener: PoolListener<C, E>): void {
    const listeners = this.#listenersOf(event)
    const index = listeners.indexOf(listener)
    if (index >= 0) listeners.splice(index, 1)
  }

  copyTo(other: PoolEventHub<C>): void {
    for (const event of Object.keys(this.#listeners) as PoolEventName[]) {
      const listeners: unknown[] = other.#listeners[event]
      listeners.push(...this.#listeners[event])
    }
  }

  hears(event: PoolEventName): boolean {
    return this.#listeners[event].length > 0
  }

  #listenersOf<E extends PoolEventName>(event: E): Listeners<C>[E] {
    if (Object.hasOwn(this.#listeners, event)) return this.#listeners[event]
    const names = Object.keys(this.#listeners)
    const meant = didYouMean(event, names)
    throw new PoolOptionError(
      event,
      `There is no pool event ${event}${meant === undefined ? '.' : `; did you mean ${meant}?`} The events are ${names.join(', ')}.`,
    )
  }

  /** Tells one listener after the other. Rejects with what the first failing one throws, and tells no more. */
  async tell<E extends PoolEventName>(event: E, connection: C, details: PoolEvents<C>[E]): Promise<void> {
    for (const listener of this.#listeners[event].slice()) {
      // oxlint-disable-next-line no-await-in-loop -- listeners count on those before them
      await listener(connection, details)
    }
  }

  /** Tells all listeners and never fails: what they throw becomes a warning. */
  notify<E extends PoolEventName>(event: E, connection: C, details: PoolEvents<C>[E]): MaybePromise<void> {
    const pending = this.#listeners[event].map((listener) => heed(event, () => listener(connection, details)))
    if (pending.some(isPromise)) return allOf(pending)
  }
}

async function allOf(pending: MaybePromise<void>[]): Promise<void> {
  await Promise.all(pending)
}

function heed(event: PoolEventName, listener: () => MaybePromise<void>): MaybePromise<void> {
  const failed = (error: unknown): void => warnOf(`A listener of a pool's ${event} event failed`, error)
  try {
    const pending = listener()
    if (isPromise(pending)) return pending.then(undefined, failed)
  } catch (error) {
    failed(error)
  }
}
