import genericPool from 'generic-pool'
import type { ConnectionRecord } from './connection-record.ts'
import { done, isPromise, type MaybePromise } from './maybe-promise.ts'
import { Pool } from './pool.ts'
import type { PoolOptions } from './pool-options.ts'
import type { Creator, PoolableConnection } from './poolable-connection.ts'

/**
 * Up to `poolSize` idle connections, and `maxOverflow` more under load, which are closed a tenth of a second after their
 * check-in, unless somebody has taken them by then. When all are out, checkouts wait in the order in which they came.
 *
 * Takes all options.
 *
 * generic-pool keeps the slots and lends them. It is never asked for one that it does not have, because it cannot let a
 * waiter go; and a slot is always the empty one, because it never recovers from a `create` that fails.
 */
export class QueuePool<C extends PoolableConnection> extends Pool<C> {
  static override readonly takes: readonly string[] = [
    ...Pool.takes,
    'poolSize',
    'maxOverflow',
    'poolUseLifo',
    'poolTimeout',
  ]

  readonly #capacity: number
  /** How many slots may lie idle. */
  readonly #keep: number
  #slots: genericPool.Pool<ConnectionRecord<C>>
  /**
   * The slot that came back last. generic-pool still takes it for borrowed: giving it back and borrowing it again costs
   * a request, a loan and three promises, for what is the next slot to be lent anyway where no other one is idle.
   */
  #inHand: ConnectionRecord<C> | undefined

  /**
   * Overflow that has just come back. Where many tasks run short queries, the next one wants a connection soon, and to open
   * one takes longer than to run the query. generic-pool takes them for borrowed.
   */
  #spare: ConnectionRecord<C>[] = []
  #spareTimer: NodeJS.Timeout | undefined

  constructor(creator: Creator<C>, options?: PoolOptions) {
    super(creator, options)
    const { poolSize, maxOverflow } = this.options
    this.#capacity = poolSize === 0 || maxOverflow === -1 ? Infinity : poolSize + maxOverflow
    this.#keep = poolSize === 0 ? Infinity : poolSize
    this.#slots = this.#newSlots()
  }

  override get capacity(): number {
    return this.#capacity
  }

  protected override get size(): number {
    return this.options.poolSize
  }

  protected override lend(): MaybePromise<ConnectionRecord<C>> | undefined {
    const slots = this.#slots
    const inHand = this.#inHand
    if (inHand !== undefined && (this.options.poolUseLifo || slots.available === 0)) {
      this.#inHand = undefined
      return inHand
    }
    if (slots.available === 0 && this.#spare.length > 0) return this.#spare.pop()
    return slots.borrowed + slots.pending < this.#capacity ? slots.acquire() : undefined
  }

  protected override takeBack(record: ConnectionRecord<C>): MaybePromise<void> {
    const slots = this.#slots
    // Made by an inner pool that has been replaced, for a checkout that was on its way.
    if (!slots.isBorrowedResource(record)) return this.discard(record)
    const idle = slots.available + (this.#inHand === undefined ? 0 : 1)
    if (record.connection === undefined) return this.#destroy(record)
    if (idle < this.#keep) {
      if (this.#inHand !== undefined) void slots.release(this.#inHand)
      this.#inHand = record
      return
    }
    this.#spare.push(record)
    this.#spareTimer ??= setTimeout(this.#closeSpare, SPARE_FOR).unref()
  }

  readonly #closeSpare = (): void => {
    this.#spareTimer = undefined
    for (const record of this.#spare.splice(0)) {
      const closing = this.#destroy(record)
      if (isPromise(closing)) void closing.then(() => this.serve())
      else this.serve()
    }
  }

  #destroy(record: ConnectionRecord<C>): MaybePromise<void> {
    const slots = this.#slots
    const closing = this.discard(record)
    if (isPromise(closing)) return closing.then(() => slots.destroy(record))
    void slots.destroy(record)
  }

  /** A new inner pool: the old one's `clear()` can lend what it has just destroyed. */
  protected override clear(): void {
    this.#inHand = undefined
    this.#spare = []
    clearTimeout(this.#spareTimer)
    this.#spareTimer = undefined
    this.#slots = this.#newSlots()
  }

  /** No `validate` (one that rejects loses the slot) and no evictor (nothing is closed for being idle). */
  #newSlots(): genericPool.Pool<ConnectionRecord<C>> {
    return genericPool.createPool(
      { create: async () => this.createRecord(), destroy: () => done },
      // generic-pool takes Infinity for 1.
      { max: Math.min(this.#capacity, Number.MAX_SAFE_INTEGER), fifo: !this.options.poolUseLifo },
    )
  }
}

/** Milliseconds. */
const SPARE_FOR = 100
