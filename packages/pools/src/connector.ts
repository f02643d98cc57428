import { warnOf } from './errors.ts'
import type { Teller } from './event-hub.ts'
import { isPromise, type MaybePromise } from './maybe-promise.ts'
import type { ResolvedPoolOptions } from './pool-options.ts'
import type { Creator, PoolableConnection } from './poolable-connection.ts'

/** Opens, resets and closes the connections of one pool, tells its listeners, and counts. */
export class Connector<C extends PoolableConnection> {
  /** The name of the pool class, for warnings. */
  readonly poolclass: string
  readonly options: ResolvedPoolOptions
  readonly events: Teller<C>

  /** Connections opened and closed so far. */
  opened = 0
  closed = 0

  readonly #creator: Creator<C>
  #openings = 0
  #suspectUpTo = 0
  #firstConnected = false
  #firstConnecting: Promise<void> | undefined

  constructor(poolclass: string, creator: Creator<C>, options: ResolvedPoolOptions, events: Teller<C>) {
    this.poolclass = poolclass
    this.#creator = creator
    this.options = options
    this.events = events
  }

  /** The openings of this pool are numbered from 1 as they begin. The last one that has begun. */
  get openings(): number {
    return this.#openings
  }

  /** The number of an opening that is about to begin. */
  nextOpening(): number {
    return ++this.#openings
  }

  /** Connections with a number up to this one are taken for dead, and are replaced at their next checkout. */
  suspect(upTo: number): void {
    this.#suspectUpTo = Math.max(this.#suspectUpTo, upTo)
  }

  isSuspect(opening: number): boolean {
    return opening <= this.#suspectUpTo
  }

  /** A new connection that its listeners have set up. When they fail, it is closed again. */
  async open(): Promise<C> {
    const connection = await this.#creator()
    this.opened++
    try {
      if (!this.#firstConnected) await this.#firstConnect(connection)
      if (this.events.hears('connect')) await this.events.tell('connect', connection)
    } catch (error) {
      await this.close(connection)
      throw error
    }
    return connection
  }

  /** Ends what the borrower left open: what reads in any case, a transaction as `poolResetOnReturn` says. Throws or rejects when that fails. */
  reset(connection: C): MaybePromise<void> {
    const stopping = connection.stopReading?.()
    return isPromise(stopping)
      ? stopping.then(() => this.#endTransaction(connection))
      : this.#endTransaction(connection)
  }

  #endTransaction(connection: C): MaybePromise<void> {
    if (!this.events.hears('reset')) return this.#reset(connection)
    return this.events.tell('reset', connection).then(() => this.#reset(connection))
  }

  /** Never fails: a connection that cannot be closed is given up, with a warning. */
  close(connection: C, event: 'close' | 'closeDetached' = 'close'): MaybePromise<void> {
    const told = this.events.hears(event) ? this.events.notify(event, connection) : undefined
    return isPromise(told) ? told.then(() => this.#close(connection)) : this.#close(connection)
  }

  #reset(connection: C): MaybePromise<void> {
    const { poolResetOnReturn } = this.options
    if (poolResetOnReturn === 'rollback') return connection.rollback?.()
    if (poolResetOnReturn === 'commit') return connection.commit?.()
  }

  #close(connection: C): MaybePromise<void> {
    const failed = (error: unknown): void => warnOf(`${this.poolclass}: closing a connection failed`, error)
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
    this.#firstConnecting = this.events.tell('firstConnect', connection)
    try {
      await this.#firstConnecting
      this.#firstConnected = true
    } finally {
      this.#firstConnecting = undefined
    }
  }
}
