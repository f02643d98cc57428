import { warnOf } from '../errors.ts'
import { isPromise, type MaybePromise } from '../maybe-promise.ts'
import type { Pool } from '../pool.ts'
import type { PoolableConnection } from '../poolable-connection.ts'
import { anyClassIsHeard, tablesFor } from './class-listeners.ts'
import { type ConnectionInfo, infoOf } from './connection-info.ts'
import { type Entry, ListenerTable } from './listener-table.ts'
import type { PoolEventDetails, PoolEventName, PoolEvents, PoolListener } from './pool-events.ts'

/** What an event tells besides the connection and what every event tells. */
type More<C extends PoolableConnection, E extends PoolEventName> = Omit<
  PoolEvents<C>[E],
  keyof PoolEventDetails<C>
>

/** Tells the listeners. Ask `hears` first: then an event without listeners costs nothing. */
export interface Teller<C extends PoolableConnection> {
  hears(event: PoolEventName): boolean

  /** Tells one listener after the other. Rejects with what the first failing one throws, and tells no more. */
  tell<E extends PoolEventName>(event: E, connection: C, more: More<C, E>): Promise<void>

  /** Tells all listeners and never fails: what they throw becomes a warning. */
  notify<E extends PoolEventName>(event: E, connection: C, more: More<C, E>): MaybePromise<void>
}

/** Who listens to a pool, and the telling. */
export class EventHub<C extends PoolableConnection> implements Teller<C> {
  readonly own: ListenerTable = new ListenerTable()
  readonly #pool: Pool<C>
  /** Listeners to all pools of its class come first. */
  readonly #tables: readonly ListenerTable[]

  constructor(pool: Pool<C>) {
    this.#pool = pool
    this.#tables = [...tablesFor(pool.constructor), this.own]
  }

  hears(event: PoolEventName): boolean {
    return this.own.hears(event) || (anyClassIsHeard() && this.#tables.some((table) => table.hears(event)))
  }

  async tell<E extends PoolEventName>(event: E, connection: C, more: More<C, E>): Promise<void> {
    const details = this.#details(connection, more)
    for (const { table, entry } of this.#listeners(event)) {
      // oxlint-disable-next-line no-await-in-loop -- listeners count on those before them
      if (table.take(event, entry)) await (entry.listener as PoolListener<C, E>)(connection, details)
    }
  }

  notify<E extends PoolEventName>(event: E, connection: C, more: More<C, E>): MaybePromise<void> {
    const details = this.#details(connection, more)
    const pending = this.#listeners(event)
      .filter(({ table, entry }) => table.take(event, entry))
      .map(({ entry }) => heed(event, () => (entry.listener as PoolListener<C, E>)(connection, details)))
    if (pending.some(isPromise)) return allOf(pending)
  }

  #listeners(event: PoolEventName): { table: ListenerTable; entry: Entry }[] {
    return this.#tables.flatMap((table) => table.of(event).map((entry) => ({ table, entry })))
  }

  #details<E extends PoolEventName>(connection: C, more: More<C, E>): PoolEvents<C>[E] {
    const details: PoolEventDetails<C> = Object.assign(new Details(this.#pool, connection), more)
    return details as PoolEvents<C>[E]
  }
}

class Details<C extends PoolableConnection> implements PoolEventDetails<C> {
  readonly pool: Pool<C>
  readonly #connection: C

  constructor(pool: Pool<C>, connection: C) {
    this.pool = pool
    this.#connection = connection
  }

  get info(): ConnectionInfo {
    return infoOf(this.#connection)
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
