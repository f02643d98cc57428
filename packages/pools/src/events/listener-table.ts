import { didYouMean } from '../did-you-mean.ts'
import { PoolOptionError } from '../errors.ts'
import type { PoolEventName } from './pool-events.ts'

/** Of whatever event and connection: `EventHub` knows which. */
type AnyListener = (connection: never, details: never) => void | Promise<void>

/** A listener, and whether it has to be told only once. */
export interface Entry {
  readonly listener: AnyListener
  readonly isOnce: boolean
}

/** Listeners, one or several, for some of the events. */
export type GivenListeners = { readonly [E in PoolEventName]?: AnyListener | readonly AnyListener[] }

/** Who listens to the events of one pool, or of all pools of one class. */
export class ListenerTable {
  readonly #entries: { readonly [E in PoolEventName]: Entry[] } = {
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

  hears(event: PoolEventName): boolean {
    return this.#entries[event].length > 0
  }

  /** Those that are on now. */
  of(event: PoolEventName): readonly Entry[] {
    return this.#entries[event].slice()
  }

  /** @throws PoolOptionError for an event that does not exist */
  add(event: PoolEventName, listener: AnyListener): void {
    this.#entriesOf(event).push({ listener, isOnce: false })
  }

  /** As `add`, for the next event alone. */
  addOnce(event: PoolEventName, listener: AnyListener): void {
    this.#entriesOf(event).push({ listener, isOnce: true })
  }

  /** @throws PoolOptionError for an event that does not exist */
  addAll(listeners: GivenListeners): void {
    for (const [event, given = []] of Object.entries(listeners)) {
      for (const listener of [given].flat()) this.add(event as PoolEventName, listener)
    }
  }

  remove(event: PoolEventName, listener: AnyListener): void {
    const entries = this.#entriesOf(event)
    const index = entries.findIndex((entry) => entry.listener === listener)
    if (index >= 0) entries.splice(index, 1)
  }

  /** Whether to call a listener now. A `once` listener goes off with its call. */
  take(event: PoolEventName, entry: Entry): boolean {
    if (!entry.isOnce) return true
    const entries = this.#entries[event]
    const index = entries.indexOf(entry)
    if (index >= 0) entries.splice(index, 1)
    return index >= 0
  }

  copyTo(other: ListenerTable): void {
    for (const event of Object.keys(this.#entries) as PoolEventName[]) {
      other.#entries[event].push(...this.#entries[event])
    }
  }

  #entriesOf(event: PoolEventName): Entry[] {
    if (Object.hasOwn(this.#entries, event)) return this.#entries[event]
    const names = Object.keys(this.#entries)
    const meant = didYouMean(event, names)
    throw new PoolOptionError(
      event,
      `There is no pool event ${event}${meant === undefined ? '.' : `; did you mean ${meant}?`} The events are ${names.join(', ')}.`,
    )
  }
}
