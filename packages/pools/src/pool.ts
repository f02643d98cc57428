import { ConnectionRecord } from './connection-record.ts'
import { Connector } from './connector.ts'
import { PoolOptionError, PoolTimeoutError, warnOf } from './errors.ts'
import { abandonable, done, isPromise, type MaybePromise } from './maybe-promise.ts'
import { type PoolEventDetails, PoolEventHub, type PoolEventName, type PoolListener } from './pool-events.ts'
import { type PoolOptions, type ResolvedPoolOptions, resolvePoolOptions } from './pool-options.ts'
import { type PoolStatus, poolStatus } from './pool-status.ts'
import type { Creator, PoolableConnection } from './poolable-connection.ts'
import { type Lender, PooledConnection } from './pooled-connection.ts'
import { WaitLine } from './wait-line.ts'

export interface ConnectOptions {
  /** Ends the wait at once, with `signal.reason`. */
  signal?: AbortSignal | undefined

  /**
   * Called once, inside `connect()`, when no connection is free and the checkout has to queue. `leave` ends the wait at
   * once, with the reason that it is given.
   */
  onWait?: ((leave: (reason: unknown) => void) => void) | undefined
}

/** A pool class, as a value. Its constructor takes any connection type, and its name is known. */
export interface PoolClass {
  new <C extends PoolableConnection>(creator: Creator<C>, options?: PoolOptions): Pool<C>
  readonly name: string
  /** The names of the options that it takes. */
  readonly takes: readonly string[]
}

/**
 * Lends connections, one borrower at a time for each, and says by its class when they are opened, kept and closed.
 *
 * A pool class of your own says which slots there are: it implements `lend`, `takeBack`, `clear` and `capacity`, keeps
 * the constructor's parameters (`recreate()` calls it), and lists in `takes` the options that it heeds. Waiting, time-outs,
 * opening, pinging, recycling, resetting, events and errors are the base class's.
 *
 * ```ts
 * class FreshPool<C extends PoolableConnection> extends Pool<C> {
 *   readonly capacity = Infinity
 *   protected override lend() { return this.createRecord() }
 *   protected override takeBack(record: ConnectionRecord<C>) { return this.discard(record) }
 *   protected override clear() {}
 * }
 * ```
 */
export abstract class Pool<C extends PoolableConnection> {
  /** The names of the options that the class takes. */
  static readonly takes: readonly string[] = ['poolRecycle', 'poolPrePing', 'poolResetOnReturn']

  /** How many connections can be out at once, not counting what was out at `dispose()`. Infinity: no limit. */
  abstract readonly capacity: number

  /** Every option with its value or default. */
  protected readonly options: ResolvedPoolOptions

  readonly #creator: Creator<C>
  readonly #given: PoolOptions
  readonly #events = new PoolEventHub<C>()
  readonly #details: PoolEventDetails<C> = { pool: this }
  readonly #connector: Connector<C>
  readonly #line = new WaitLine<ConnectionRecord<C>>()
  /** Those that have a connection or are out. */
  readonly #records = new Set<ConnectionRecord<C>>()
  #generation = 0
  /** Slots that `lend` has promised. */
  #promised = 0

  /** @throws PoolOptionError for options that the class does not know or take, and for values that make no sense */
  constructor(creator: Creator<C>, options: PoolOptions = {}) {
    if (typeof creator !== 'function') {
      throw new PoolOptionError(
        'creator',
        `${new.target.name} needs a creator: a function that opens a connection.`,
      )
    }
    this.options = resolvePoolOptions(new.target, options)
    this.#creator = creator
    this.#given = { ...options }
    this.#connector = new Connector(creator, this.options, this.#events, this.#details)
  }

  /**
   * A free slot, or undefined when all are out: then the checkout waits, and asks again when one has come back. A promise
   * has to settle without a check-in.
   */
  protected abstract lend(): MaybePromise<ConnectionRecord<C>> | undefined

  /** A slot that was lent is back: keep it, or `discard` it. Its connection is undefined if it is gone. */
  protected abstract takeBack(record: ConnectionRecord<C>): MaybePromise<void>

  /** Forgets all slots, those that are out too. `dispose` closes their connections. */
  protected abstract clear(): void

  /** How many idle connections are kept at most, for `status()`. */
  protected get size(): number {
    return 1
  }

  /** A new slot, still without connection. */
  protected createRecord(): ConnectionRecord<C> {
    return new ConnectionRecord(this.#connector, this.#generation)
  }

  /** Closes a slot's connection and forgets the slot. */
  protected discard(record: ConnectionRecord<C>): MaybePromise<void> {
    this.#records.delete(record)
    return record.close()
  }

  /**
   * Checks a connection out. It is the caller's alone until it is closed.
   *
   * @throws PoolTimeoutError when none comes free within `poolTimeout`; `signal.reason` when the signal fires; whatever
   *   the creator or a listener of `connect`, `firstConnect` or `checkout` throws
   */
  connect(options?: ConnectOptions): Promise<PooledConnection<C>> {
    try {
      return Promise.resolve(this.connectNow(options))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Like `connect`, for those who count promises: gives the checkout itself where a connection is free and ready, and
   * throws at once where nothing has to be waited for.
   */
  connectNow(options?: ConnectOptions): MaybePromise<PooledConnection<C>> {
    const signal = options?.signal
    signal?.throwIfAborted()
    const lent = this.#line.length === 0 ? this.lend() : undefined
    if (lent === undefined) return this.#wait(signal, options)
    if (!isPromise(lent)) return this.#checkOut(lent, signal)
    this.#promised++
    return lent.then(
      signal === undefined ? this.#checkOutLanded : (record) => this.#checkOutLanded(record, signal),
      this.#neverLands,
    )
  }

  /**
   * Closes the idle connections now; what is out is closed at its check-in. The pool can still be used: the next checkout
   * opens a new connection.
   */
  async dispose(): Promise<void> {
    this.#generation++
    this.clear()
    const idle = [...this.#records].filter((record) => !record.isOut)
    const closing = idle.map((record) => this.discard(record))
    this.serve()
    await Promise.all(closing)
  }

  /** A new pool of the same class, with the same options and listeners, and without connections. */
  recreate(): this {
    const Class = this.constructor as new (creator: Creator<C>, options: PoolOptions) => this
    const pool = new Class(this.#creator, this.#given)
    this.#events.copyTo(pool.#events)
    return pool
  }

  status(): PoolStatus {
    const records = [...this.#records]
    const out = records.filter((record) => record.isOut).length
    const open = records.filter((record) => !record.isOut && record.connection !== undefined).length
    // A promised slot is on its way out, and some of the promised have connections.
    const idle = Math.max(0, open - this.#promised)
    const checkedOut = out + this.#promised
    return poolStatus({
      poolclass: this.constructor.name,
      size: this.size,
      idle,
      checkedOut,
      overflow: this.size === 0 ? 0 : Math.max(0, idle + checkedOut - this.size),
      waiting: this.#line.length,
      opened: this.#connector.opened,
      closed: this.#connector.closed,
    })
  }

  on<E extends PoolEventName>(event: E, listener: PoolListener<C, E>): this {
    this.#events.add(event, listener)
    return this
  }

  off<E extends PoolEventName>(event: E, listener: PoolListener<C, E>): this {
    this.#events.remove(event, listener)
    return this
  }

  /** What checkouts call. */
  readonly #lender: Lender<C> = {
    checkIn: (record) => this.#checkIn(record),
    detach: (record) => {
      const connection = record.detach()
      void this.#giveBack(record)
      return connection
    },
    closeDetached: (connection) => this.#connector.close(connection, 'closeDetached'),
  }

  /** A promised slot has come. */
  readonly #land = (record: ConnectionRecord<C>): ConnectionRecord<C> => {
    this.#promised--
    record.isOut = true
    return record
  }

  readonly #neverLands = (error: unknown): never => {
    this.#promised--
    throw error
  }

  readonly #checkOutLanded = (
    record: ConnectionRecord<C>,
    signal?: AbortSignal,
  ): MaybePromise<PooledConnection<C>> => this.#checkOut(this.#land(record), signal)

  async #wait(signal: AbortSignal | undefined, options?: ConnectOptions): Promise<PooledConnection<C>> {
    const { poolTimeout } = this.options
    if (poolTimeout === 0) throw this.#timedOut(0)
    const since = performance.now()
    const { turn, leave } = this.#line.join(poolTimeout, signal)
    try {
      options?.onWait?.(leave)
    } catch (error) {
      leave(error)
    }
    // onWait may have freed what was waited for.
    this.serve()
    const record = await turn
    // Made here, the error shows who waited.
    if (record === undefined) throw this.#timedOut(Math.round(performance.now() - since))
    return this.#checkOut(record, signal)
  }

  /** Serves those who wait, as far as there are slots. For slots that come free otherwise than by a check-in. */
  protected serve(): void {
    while (this.#line.length > 0) {
      try {
        const lent = this.lend()
        if (lent === undefined) return
        if (isPromise(lent)) {
          this.#promised++
          this.#line.serve(lent.then(this.#land, this.#neverLands))
        } else {
          lent.isOut = true
          this.#line.serve(lent)
        }
      } catch (error) {
        this.#line.fail(error)
      }
    }
  }

  #checkOut(record: ConnectionRecord<C>, signal?: AbortSignal): MaybePromise<PooledConnection<C>> {
    record.isOut = true
    if (signal?.aborted) {
      void this.#giveBack(record)
      throw signal.reason
    }
    if (record.isReady && !this.#events.hears('checkout')) return this.#handOver(record)
    const prepared = this.#prepare(record)
    return signal === undefined ? prepared : abandonable(prepared, signal, (pooled) => void pooled.close())
  }

  async #prepare(record: ConnectionRecord<C>): Promise<PooledConnection<C>> {
    this.#records.add(record)
    try {
      await record.makeReady()
    } catch (error) {
      await this.#giveBack(record)
      throw error
    }
    const pooled = this.#handOver(record)
    try {
      if (this.#events.hears('checkout'))
        await this.#events.tell('checkout', pooled.connection, this.#details)
    } catch (error) {
      await pooled.close()
      throw error
    }
    return pooled
  }

  #handOver(record: ConnectionRecord<C>): PooledConnection<C> {
    return (record.borrower = new PooledConnection(this.#lender, record))
  }

  #checkIn(record: ConnectionRecord<C>): Promise<void> {
    record.borrower = undefined
    let resetting: MaybePromise<void>
    try {
      resetting = record.reset()
    } catch (error) {
      resetting = this.#resetFailed(record, error)
    }
    if (isPromise(resetting) || this.#events.hears('checkin')) return this.#finishCheckIn(record, resetting)
    const returning = this.#giveBack(record)
    return isPromise(returning) ? returning : done
  }

  async #finishCheckIn(record: ConnectionRecord<C>, resetting: MaybePromise<void>): Promise<void> {
    try {
      await resetting
    } catch (error) {
      await this.#resetFailed(record, error)
    }
    const { connection } = record
    if (connection !== undefined) await this.#events.notify('checkin', connection, this.#details)
    await this.#giveBack(record)
  }

  /** The next borrower must not find what this one left open. */
  #resetFailed(record: ConnectionRecord<C>, error: unknown): Promise<void> {
    warnOf(`${this.constructor.name}: resetting a connection at its check-in failed, so it is closed`, error)
    return record.invalidate(error)
  }

  #giveBack(record: ConnectionRecord<C>): MaybePromise<void> {
    record.isOut = false
    record.borrower = undefined
    if (record.generation !== this.#generation) return this.discard(record)
    const taking = this.takeBack(record)
    if (isPromise(taking)) return taking.finally(() => this.serve())
    this.serve()
  }

  #timedOut(waited: number): PoolTimeoutError {
    const holders = [...this.#records].flatMap(({ borrower }) => borrower?.holder ?? [])
    return new PoolTimeoutError(this.status(), this.options.poolTimeout, waited, holders)
  }
}
