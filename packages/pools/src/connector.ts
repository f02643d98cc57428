import { warnOf } from './errors.ts'
import type { Teller } from './events/event-hub.ts'
import type { ResetReason } from './events/pool-events.ts'
import { isPromise, type MaybePromise } from './maybe-promise.ts'
import type { ResolvedPoolOptions } from './pool-options.ts'
import type { Creator, PoolableConnection } from './poolable-connection.ts'
import { Wait } from './wait.ts'

/** Opens, resets and closes the connections of one pool, tells its listeners, and counts. */
export class Connector<C extends PoolableConnection> {
  /** The class and the name of the pool, for warnings. */
  readonly pool: string
  readonly options: ResolvedPoolOptions
  readonly events: Teller<C>

  /** Connections opened and closed so far, slots that are out, and connections in the others. */
  readonly counts: { opened: number; closed: number; out: number; idle: number } = {
    opened: 0,
    closed: 0,
    out: 0,
    idle: 0,
  }

  readonly #creator: Creator<C>
  #openings = 0
  #suspectUpTo = 0
  #firstConnected = false
  #firstConnecting: Promise<void> | undefined

  constructor(pool: string, creator: Creator<C>, options: ResolvedPoolOptions, events: Teller<C>) {
    this.pool = pool
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

  /** A new connection that its listeners have set up. When they fail, it is closed again. Throws or rejects with what the creator throws. */
  open(): MaybePromise<C> {
    const created = this.#creator()
    if (isPromise(created) || !this.#firstConnected || this.events.hears('connect'))
      return this.#setUp(created)
    this.counts.opened++
    return created
  }

  async #setUp(created: MaybePromise<C>): Promise<C> {
    const connection = await created
    this.counts.opened++
    try {
      if (!this.#firstConnected) await this.#firstConnect(connection)
      if (this.events.hears('connect')) await this.events.tell('connect', connection, {})
    } catch (error) {
      await this.close(connection)
      throw error
    }
    return connection
  }

  /** Ends what the borrower left open: what reads in any case, a transaction as `poolResetOnReturn` says. Throws or rejects when that fails. */
  reset(connection: C, why: ResetReason): MaybePromise<void> {
    if (connection.isAtRest === true && !this.events.hears('reset')) return undefined
    const stopping = connection.stopReading?.()
    return isPromise(stopping)
      ? stopping.then(() => this.#endTransaction(connection, why))
      : this.#endTransaction(connection, why)
  }

  #endTransaction(connection: C, why: ResetReason): MaybePromise<void> {
    if (!this.events.hears('reset')) return this.#reset(connection)
    return this.events.tell('reset', connection, why).then(() => this.#reset(connection))
  }

  /** Never fails: a connection that cannot be closed is given up, with a warning. */
  close(connection: C, event: 'close' | 'closeDetached' = 'close'): MaybePromise<void> {
    const told = this.events.hears(event) ? this.events.notify(event, connection, {}) : undefined
    return isPromise(told) ? told.then(() => this.#close(connection)) : this.#close(connection)
  }

  /**
   * The same for a broken connection, which may hang while it closes. After a while the pool stops waiting for it, so that
   * its slot and the waiting checkouts do not hang with it.
   */
  async closeBroken(connection: C): Promise<void> {
    const closing = this.close(connection)
    if (!isPromise(closing)) return
    const wait = new Wait<void>({
      signal: undefined,
      timeout: { after: CLOSE_PATIENCE, value: undefined },
      onLeave: () => warnOf(`${this.pool}: closing an invalidated connection`, STILL_CLOSING),
    })
    void closing.then(() => wait.resolve())
    await wait.promise
  }

  #reset(connection: C): MaybePromise<void> {
    const { poolResetOnReturn } = this.options
    if (poolResetOnReturn === 'rollback') return connection.rollback?.()
    if (poolResetOnReturn === 'commit') return connection.commit?.()
  }

  #close(connection: C): MaybePromise<void> {
    const failed = (error: unknown): void => warnOf(`${this.pool}: closing a connection failed`, error)
    this.counts.closed++
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
    this.#firstConnecting = this.events.tell('firstConnect', connection, {})
    try {
      await this.#firstConnecting
      this.#firstConnected = true
    } finally {
      this.#firstConnecting = undefined
    }
  }
}

/** Milliseconds. */
const CLOSE_PATIENCE = 5000
const STILL_CLOSING = `its close() takes longer than ${CLOSE_PATIENCE} ms, so the pool no longer waits for it`
