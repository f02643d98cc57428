import { didYouMean } from './did-you-mean.ts'
import { PoolOptionError, warnOf } from './errors.ts'
import { isPromise, type MaybePromise } from './maybe-promise.ts'

/** What a listener is told besides the connection. */
export interface EventDetails<P> {
  readonly pool: P
}

export interface FaultDetails<P> extends EventDetails<P> {
  /** What was wrong with the connection, as far as known. */
  readonly error: unknown
}

/**
 * The events of a pool and what each tells, as in SQLAlchemy's `PoolEvents`. Asynchronous listeners are awaited.
 *
 * A listener of `connect`, `firstConnect` or `checkout` that throws makes that `connect()` reject, and one of `reset`
 * counts as a failed reset. The others look on: what they throw becomes a warning of the process.
 */
export interface Events<P> {
  /** The first connection of this pool is open. Nobody gets a connection before the listeners are through. */
  firstConnect: EventDetails<P>
  /** A connection was opened. The place to set it up. */
  connect: EventDetails<P>
  /** A connection is about to be lent. */
  checkout: EventDetails<P>
  /**
   * A checkout has ended: its connection was given back and has been reset, or it was invalidated, or its reset failed. In
   * the last two cases it is closed. Only a checkout that ends by `detach` has no check-in.
   */
  checkin: EventDetails<P>
  /** A connection was given back, or is about to be closed after a detach, and is about to be reset. */
  reset: EventDetails<P>
  /** A connection is closed because something is wrong with it. */
  invalidate: FaultDetails<P>
  /** A connection is to be replaced at its next checkout. */
  softInvalidate: FaultDetails<P>
  /** A connection is about to be closed. */
  close: EventDetails<P>
  /** A connection has left the pool for good. */
  detach: EventDetails<P>
  /** A connection that had left the pool is about to be closed. */
  closeDetached: EventDetails<P>
}

export type EventName = keyof Events<unknown>

type FaultName = 'invalidate' | 'softInvalidate'

export type Listener<C, E extends EventName, P> = (
  connection: C,
  details: Events<P>[E],
) => void | Promise<void>

/** Tells the listeners. Ask `hears` first: then an event without listeners costs nothing. */
export interface Teller<C> {
  hears(event: EventName): boolean

  /** Tells one listener after the other. Rejects with what the first failing one throws, and tells no more. */
  tell(event: Exclude<EventName, FaultName>, connection: C): Promise<void>

  /** Tells all listeners and never fails: what they throw becomes a warning. */
  notify(event: Exclude<EventName, FaultName>, connection: C): MaybePromise<void>

  /** The same for what is wrong with a connection. */
  notifyOfFault(event: FaultName, connection: C, error: unknown): MaybePromise<void>
}

type Listeners<C, P> = { [E in EventName]: Listener<C, E, P>[] }

/** Who listens to a pool, and the telling. */
export class EventHub<C, P> implements Teller<C> {
  readonly #details: EventDetails<P>
  readonly #listeners: Listeners<C, P> = {
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

  constructor(pool: P) {
    this.#details = { pool }
  }

  /** @throws PoolOptionError for an event that does not exist */
  add<E extends EventName>(event: E, listener: Listener<C, E, P>): void {
    this.#listenersOf(event).push(listener)
  }

  remove<E extends EventName>(event: E, listener: Listener<C, E, P>): void {
    const listeners = this.#listenersOf(event)
    const index = listeners.indexOf(listener)
    if (index >= 0) listeners.splice(index, 1)
  }

  copyTo(other: EventHub<C, P>): void {
    for (const event of Object.keys(this.#listeners) as EventName[]) {
      const listeners: unknown[] = other.#listeners[event]
      listeners.push(...this.#listeners[event])
    }
  }

  hears(event: EventName): boolean {
    return this.#listeners[event].length > 0
  }

  async tell(event: Exclude<EventName, FaultName>, connection: C): Promise<void> {
    for (const listener of this.#listeners[event].slice()) {
      // oxlint-disable-next-line no-await-in-loop -- listeners count on those before them
      await listener(connection, this.#details)
    }
  }

  notify(event: Exclude<EventName, FaultName>, connection: C): MaybePromise<void> {
    return this.#notify(event, connection, this.#details)
  }

  notifyOfFault(event: FaultName, connection: C, error: unknown): MaybePromise<void> {
    return this.#notify(event, connection, { ...this.#details, error })
  }

  #notify<E extends EventName>(event: E, connection: C, details: Events<P>[E]): MaybePromise<void> {
    const pending = this.#listeners[event].map((listener) => heed(event, () => listener(connection, details)))
    if (pending.some(isPromise)) return allOf(pending)
  }

  #listenersOf<E extends EventName>(event: E): Listeners<C, P>[E] {
    if (Object.hasOwn(this.#listeners, event)) return this.#listeners[event]
    const names = Object.keys(this.#listeners)
    const meant = didYouMean(event, names)
    throw new PoolOptionError(
      event,
      `There is no pool event ${event}${meant === undefined ? '.' : `; did you mean ${meant}?`} The events are ${names.join(', ')}.`,
    )
  }
}

async function allOf(pending: MaybePromise<void>[]): Promise<void> {
  await Promise.all(pending)
}

function heed(event: EventName, listener: () => MaybePromise<void>): MaybePromise<void> {
  const failed = (error: unknown): void => warnOf(`A listener of a pool's ${event} event failed`, error)
  try {
    const pending = listener()
    if (isPromise(pending)) return pending.then(undefined, failed)
  } catch (error) {
    failed(error)
  }
}
