import { CheckIn, FORGOTTEN } from './check-in.ts'
import { CheckOut } from './check-out.ts'
import { CheckoutLine } from './checkout-line.ts'
import type { ConnectOptions } from './connect-options.ts'
import { acquireChannel, tellingCreator, tellRelease, traceAcquire } from './diagnostics/pool-channels.ts'
import { Connector } from './connector.ts'
import { PoolOptionError, PoolTimeoutError, warnOfForgotten } from './errors.ts'
import { EventHub } from './events/event-hub.ts'
import { EventSource } from './events/event-source.ts'
import type { ListenerTable } from './events/listener-table.ts'
import { ForgottenCheckouts } from './forgotten-checkouts.ts'
import { isPromise, type MaybePromise } from './maybe-promise.ts'
import { type LeakDetection, leakDetection } from './leak-detection.ts'
import { placeInCode } from './place-in-code.ts'
import { resolvePoolOptions } from './pool-option-rules.ts'
import { type PoolOptions, type ResolvedPoolOptions, TAKEN_BY_ALL } from './pool-options.ts'
import { describePool, type PoolStatus, poolStatus } from './pool-status.ts'
import type { Creator, PoolableConnection } from './poolable-connection.ts'
import type { PooledConnection } from './pooled-connection.ts'
import { type ConnectionRecord, Slot, slotOf } from './connection-record.ts'

/**
 * Lends connections. Each connection belongs to one borrower at a time. The class decides when connections open and close.
 *
 * A pool class of your own decides which slots there are. It implements `lend`, `takeBack`, `clear` and `capacity`, keeps the
 * constructor's parameters (`recreate()` calls it), and lists the options that it uses in `takes`. The base class does the rest:
 * waiting, time-outs, opening, pinging, recycling, resetting, events and errors.
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
export abstract class Pool<C extends PoolableConnection> extends EventSource<C> {
  /** The name of the class, for messages and `status()`. It is written out because minifiers rename classes. A subclass has its own name. */
  static override readonly name: string = 'Pool'

  /** The names of the options that the class takes. */
  static readonly takes: readonly string[] = TAKEN_BY_ALL

  /** The most connections that can be checked out at once, without those that were out at `dispose()`. Infinity: no limit. */
  abstract readonly capacity: number

  /** Every option with its value or default. */
  protected readonly options: ResolvedPoolOptions

  readonly #creator: Creator<C>
  readonly #given: PoolOptions
  readonly #events: EventHub<C>
  readonly #connector: Connector<C>
  readonly #line: CheckoutLine<C>
  readonly #checkIn: CheckIn<C>
  readonly #checkOut: CheckOut<C>
  readonly #forgotten: ForgottenCheckouts<C>
  /** Absent where it is off. */
  readonly #leaks: LeakDetection<C> | undefined
  /** Those that have a connection or are out. */
  readonly #slots = new Set<Slot<C>>()
  #generation = 0
  /** Checkouts are to be found: one was forgotten, or leaks are detected. */
  #notesPlaces: boolean

  /** @throws PoolOptionError for options that the class does not know or take, and for values that make no sense */
  constructor(creator: Creator<C>, options: PoolOptions = {}) {
    super()
    const { name } = new.target
    if (typeof creator !== 'function') {
      throw new PoolOptionError('creator', `${name} needs a creator: a function that opens a connection.`)
    }
    this.options = resolvePoolOptions(new.target, options)
    this.#creator = creator
    this.#given = { ...options }
    this.#events = new EventHub<C>(this)
    this.listeners.addAll(this.options.poolEvents)
    this.#connector = new Connector(this.title, tellingCreator(this, creator), this.options, this.#events)
    this.#line = new CheckoutLine({
      timeout: this.options.poolTimeout,
      lend: () => this.lend(),
      timedOut: (waited) => this.#timedOut(waited),
    })
    this.#checkIn = new CheckIn(this.#connector, (slot) => this.#giveBack(slot))
    this.#forgotten = new ForgottenCheckouts((slot) => this.#takeForgotten(slot))
    this.#leaks = leakDetection(this.title, this.options.leakDetectionThreshold)
    this.#notesPlaces = this.#leaks !== undefined
    this.#checkOut = new CheckOut(this.#events, this.#checkIn, this.#forgotten, this.#leaks)
  }

  /** Returns a free slot, or undefined when all are out. Then the checkout waits, and asks again when a slot comes back. */
  protected abstract lend(): ConnectionRecord<C> | undefined

  /** Gets a slot back. Keep it, or `discard` it. Its connection is undefined if it was closed. */
  protected abstract takeBack(record: ConnectionRecord<C>): MaybePromise<void>

  /** Forgets all slots, including those that are out. `dispose` closes their connections. */
  protected abstract clear(): void

  /** The `poolName` of its options, if they have one. */
  get name(): string | undefined {
    return this.options.poolName
  }

  protected override get listeners(): ListenerTable {
    return this.#events.own
  }

  /** The class and the name of the pool, for messages. */
  protected get title(): string {
    return describePool({ poolclass: this.constructor.name, name: this.name })
  }

  /** The most idle connections that stay open, for `status()`. */
  protected get size(): number {
    return 1
  }

  /** Makes a slot, which has no connection yet. */
  protected createRecord(): ConnectionRecord<C> {
    return new Slot(this.#connector, this.#generation)
  }

  /** Opens the connection of a free slot before a borrower asks for it. It never fails: the next borrower tries again. */
  protected openAhead(record: ConnectionRecord<C>): Promise<void> {
    const slot = slotOf(record)
    this.#slots.add(slot)
    return slot.openAhead()
  }

  /** Closes a slot's connection and keeps the slot, for another connection. */
  protected vacate(record: ConnectionRecord<C>): MaybePromise<void> {
    const slot = slotOf(record)
    this.#slots.delete(slot)
    return slot.close()
  }

  /** Closes a slot's connection and forgets the slot. */
  protected discard(record: ConnectionRecord<C>): MaybePromise<void> {
    const slot = slotOf(record)
    this.#slots.delete(slot)
    this.#forgotten.dropKey(slot)
    return slot.close()
  }

  /**
   * Checks a connection out. It belongs to the caller until the caller closes the checkout.
   *
   * @throws PoolTimeoutError if no connection comes free within `poolTimeout`; `signal.reason` if the signal aborts; what
   *   the creator, or a listener of `connect`, `firstConnect` or `checkout`, throws.
   */
  connect(options?: ConnectOptions): Promise<PooledConnection<C>> {
    try {
      const lent = this.connectNow(options)
      return isPromise(lent) || this.#notesPlaces
        ? this.#noted(lent, placeInCode('checked out here:', this.connect))
        : Promise.resolve(lent)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Like `connect`, but without a promise if nothing has to wait: if a connection is free, or if the creator returns a new one at
   * once and no listener of `firstConnect`, `connect` or `checkout` comes first. It then returns the checkout itself, or throws at
   * once. It does not note the place of the checkout.
   */
  connectNow(options?: ConnectOptions): MaybePromise<PooledConnection<C>> {
    return acquireChannel.hasSubscribers ? this.#connectObserved(options) : this.#connectNow(options)
  }

  /** A closure for it within `connectNow` would cost every checkout, also without a listener. */
  #connectObserved(options?: ConnectOptions): MaybePromise<PooledConnection<C>> {
    return traceAcquire(this, () => this.#connectNow(options))
  }

  #connectNow(options?: ConnectOptions): MaybePromise<PooledConnection<C>> {
    const signal = options?.signal
    signal?.throwIfAborted()
    const lent = this.#line.length === 0 ? this.lend() : undefined
    return lent === undefined ? this.#wait(options) : this.#lend(slotOf(lent), signal)
  }

  /**
   * Closes the idle connections now, and those that are out at their check-in. The pool stays usable: the next checkout
   * opens a new connection.
   */
  async dispose(): Promise<void> {
    this.#generation++
    this.clear()
    const idle = [...this.#slots].filter((slot) => !slot.isOut)
    const closing = idle.map((slot) => this.discard(slot))
    this.serve()
    this.#leaks?.rest()
    await Promise.all(closing)
  }

  /**
   * Replaces all connections that are open now, each at its next checkout. Those that are out stay usable. Use it when all of them
   * are suspect, for example because the file was replaced.
   */
  invalidate(): void {
    this.#connector.suspect(this.#connector.openings)
  }

  /** Returns a new pool of the same class, with the same options and listeners, and without connections. */
  recreate(): this {
    const Class = this.constructor as new (creator: Creator<C>, options: PoolOptions) => this
    const pool = new Class(this.#creator, { ...this.#given, poolEvents: undefined })
    this.listeners.copyTo(pool.listeners)
    return pool
  }

  /** What the pool holds now: how many connections are idle, out, or waited for. Its `toString()` is a line for logs. */
  status(): PoolStatus {
    const { opened, closed, idle, out: checkedOut } = this.#connector.counts
    const { name } = this
    return poolStatus({
      poolclass: this.constructor.name,
      ...(name !== undefined && { name }),
      size: this.size,
      idle,
      checkedOut,
      overflow: this.size === 0 ? 0 : Math.max(0, idle + checkedOut - this.size),
      waiting: this.#line.length,
      opened,
      closed,
    })
  }

  /** The slots that are out now. */
  lent(): ConnectionRecord<C>[] {
    return [...this.#slots].filter((slot) => slot.isOut)
  }

  /** Lends free slots to the waiting checkouts. Call it when a slot comes free in another way than by a check-in. */
  protected serve(): void {
    this.#line.serve()
  }

  async #noted(lent: MaybePromise<PooledConnection<C>>, place: Error): Promise<PooledConnection<C>> {
    const pooled = await lent
    pooled.holder ??= place
    return pooled
  }

  async #wait(options?: ConnectOptions): Promise<PooledConnection<C>> {
    const signal = options?.signal
    return this.#lend(await this.#line.join(options), signal)
  }

  #lend(slot: Slot<C>, signal: AbortSignal | undefined): MaybePromise<PooledConnection<C>> {
    slot.isOut = true
    if (signal?.aborted) {
      void this.#giveBack(slot)
      throw signal.reason
    }
    if (this.#checkOut.isReady(slot)) return this.#checkOut.handOver(slot)
    this.#slots.add(slot)
    return this.#checkOut.prepare(slot, signal)
  }

  #takeForgotten(slot: Slot<C>): void {
    warnOfForgotten(this.title, slot.holder)
    this.#notesPlaces = true
    void this.#checkIn.close(slot, FORGOTTEN)
  }

  #giveBack(slot: Slot<C>): MaybePromise<void> {
    slot.isOut = false
    slot.holder = undefined
    this.#leaks?.end(slot)
    if (slot.borrowing !== undefined) tellRelease(this, slot)
    if (slot.generation !== this.#generation) return this.discard(slot)
    const taking = this.takeBack(slot)
    if (isPromise(taking)) return taking.finally(() => this.serve())
    this.serve()
  }

  #timedOut(waited: number): PoolTimeoutError {
    const holders = [...this.#slots].flatMap(({ holder }) => holder ?? [])
    return new PoolTimeoutError(this.status(), this.options.poolTimeout, waited, holders)
  }
}
