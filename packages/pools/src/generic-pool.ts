import type genericPool from 'generic-pool'
import { clearImmediate, setImmediate } from 'node:timers'
import type { ConnectOptions } from './connect-options.ts'
import type { ConnectionRecord } from './connection-record.ts'
import { PoolOptionError } from './errors.ts'
import { isPromise, type MaybePromise } from './maybe-promise.ts'
import { Pool } from './pool.ts'
import type { PoolOptions, PoolOptionsWith, ResolvedPoolOptions } from './pool-options.ts'
import type { Creator, PoolableConnection } from './poolable-connection.ts'
import type { PooledConnection } from './pooled-connection.ts'
import { SettledPromise } from './settled-promise.ts'

const OWN_OPTIONS = [
  'poolTimeout',
  'poolUseLifo',
  'min',
  'max',
  'idleTimeoutMillis',
  'softIdleTimeoutMillis',
  'evictionRunIntervalMillis',
  'numTestsPerEvictionRun',
] as const

/**
 * Opens up to `max` connections as the load asks. It closes those that have been idle for `idleTimeoutMillis`, and keeps `min` open.
 * When all are out, checkouts wait, first come, first served.
 *
 * It opens nothing before the first checkout. In the next turn of the event loop it opens connections up to `min`, and does so
 * again whenever fewer are left.
 *
 * generic-pool keeps the slots and chooses those to close. The options have its names. The pool asks it only for a slot that it
 * has, because a waiter of generic-pool cannot leave.
 *
 * Takes `min`, `max`, `idleTimeoutMillis`, `softIdleTimeoutMillis`, `evictionRunIntervalMillis`, `numTestsPerEvictionRun`,
 * `poolUseLifo`, `poolTimeout`, and the options that every class takes.
 */
export class GenericPool<C extends PoolableConnection> extends Pool<C> {
  static override readonly name: string = 'GenericPool'
  static override readonly takes: readonly string[] = [...Pool.takes, ...OWN_OPTIONS]

  /** Absent before the first checkout. */
  #slots: genericPool.Pool<ConnectionRecord<C>> | undefined
  readonly #out = new Set<ConnectionRecord<C>>()
  /** Slots that were never lent. */
  readonly #fresh = new Set<ConnectionRecord<C>>()
  #openingAhead: NodeJS.Immediate | undefined
  /** How many connections are still being closed that generic-pool takes for gone. */
  #closing = 0

  constructor(creator: Creator<C>, options: PoolOptionsWith<(typeof OWN_OPTIONS)[number]> = {}) {
    super(creator, options)
    rejectContradictions(new.target.name, this.options, options)
  }

  override get capacity(): number {
    return this.options.max
  }

  protected override get size(): number {
    return this.options.max
  }

  override connectNow(options?: ConnectOptions): MaybePromise<PooledConnection<C>> {
    return library === undefined ? this.#connectFirst(options) : super.connectNow(options)
  }

  async #connectFirst(options: ConnectOptions | undefined): Promise<PooledConnection<C>> {
    options?.signal?.throwIfAborted()
    await (loading ??= load())
    return await super.connectNow(options)
  }

  protected override lend(): ConnectionRecord<C> | undefined {
    const slots = (this.#slots ??= this.#newSlots())
    const needed = slots.available > 0 ? slots.size : slots.size + 1
    if (needed + this.#closing > this.options.max) return undefined
    let lent: ConnectionRecord<C> | undefined
    // Called before `then` returns, because there is a slot or room for one.
    void slots.acquire().then((record) => (lent = this.#lent(record)))
    return lent
  }

  protected override takeBack(record: ConnectionRecord<C>): void {
    this.#out.delete(record)
    void (record.connection === undefined ? this.#slots?.destroy(record) : this.#slots?.release(record))
  }

  #lent(record: ConnectionRecord<C>): ConnectionRecord<C> {
    this.#fresh.delete(record)
    this.#out.add(record)
    return record
  }

  /** A new inner pool, because the old one's `clear()` can lend what it has just destroyed. */
  protected override clear(): void {
    const old = this.#slots
    this.#slots = undefined
    this.#closing = 0
    for (const record of this.#out) void old?.destroy(record)
    this.#out.clear()
    // It has nothing left to wait for, and so ends its evictor at once.
    void old?.drain()
    this.#fresh.clear()
    clearImmediate(this.#openingAhead)
    this.#openingAhead = undefined
  }

  /** Without `validate`: one that rejects loses the slot. `create` cannot fail: generic-pool would try again for ever. */
  #newSlots(): genericPool.Pool<ConnectionRecord<C>> {
    if (library === undefined) throw new Error('bug: generic-pool is not loaded')
    const { options } = this
    const config = {
      min: options.min,
      max: options.max,
      idleTimeoutMillis: options.idleTimeoutMillis,
      softIdleTimeoutMillis: options.softIdleTimeoutMillis,
      evictionRunIntervalMillis: options.evictionRunIntervalMillis,
      numTestsPerEvictionRun: options.numTestsPerEvictionRun,
      fifo: !options.poolUseLifo,
      autostart: false,
      Promise: SettledPromise,
    }
    const slots: genericPool.Pool<ConnectionRecord<C>> = library.createPool(
      {
        create: () => SettledPromise.resolve(this.#newSlot()),
        destroy: async (record) => (slots === this.#slots ? this.#close(record) : undefined),
      },
      config,
    )
    return slots
  }

  #newSlot(): ConnectionRecord<C> {
    const record = this.createRecord()
    this.#fresh.add(record)
    this.#openAheadSoon()
    return record
  }

  #openAheadSoon(): void {
    this.#openingAhead ??= setImmediate(() => {
      this.#openingAhead = undefined
      if (this.#closing > 0) return
      for (const record of this.#fresh) void this.openAhead(record)
      this.#fresh.clear()
    }).unref()
  }

  /** Another slot may take its place once its connection is closed, so that never more are open than `max`. */
  #close(record: ConnectionRecord<C>): MaybePromise<void> {
    this.#fresh.delete(record)
    const closing = this.discard(record)
    if (!isPromise(closing)) return
    const slots = this.#slots
    this.#closing += 1
    return closing.then(() => this.#closed(slots))
  }

  #closed(slots: genericPool.Pool<ConnectionRecord<C>> | undefined): void {
    if (slots !== this.#slots) return
    this.#closing -= 1
    this.#openAheadSoon()
    this.serve()
  }
}

/** generic-pool, which the first checkout loads: it takes longer to load than all other pool classes. */
let library: typeof genericPool | undefined
let loading: Promise<void> | undefined

async function load(): Promise<void> {
  library = (await import('generic-pool')).default
}

function rejectContradictions(
  poolclass: string,
  { min, max, evictionRunIntervalMillis }: ResolvedPoolOptions,
  given: PoolOptions,
): void {
  if (min > max) {
    throw new PoolOptionError(
      'min',
      `${poolclass} cannot keep min: ${min} connections open, because max: ${max} is the limit.`,
    )
  }
  const idle = (['idleTimeoutMillis', 'softIdleTimeoutMillis'] as const).find(
    (name) => given[name] !== undefined,
  )
  if (evictionRunIntervalMillis === 0 && idle !== undefined) {
    throw new PoolOptionError(
      idle,
      `${poolclass}: ${idle}: ${given[idle]} has no effect with evictionRunIntervalMillis: 0, which turns the evictor off. ` +
        'Leave one of the two out.',
    )
  }
}
