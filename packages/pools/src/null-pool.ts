import type { ConnectionRecord } from './connection-record.ts'
import { isPromise, type MaybePromise } from './maybe-promise.ts'
import { Pool } from './pool.ts'
import type { PoolOptionsWith } from './pool-options.ts'
import type { Creator, PoolableConnection } from './poolable-connection.ts'

/**
 * Keeps no connections: each checkout opens one, and each check-in closes it. There is no limit to their number.
 *
 * Takes the options that every class takes. `poolRecycle` and `poolPrePing` have no effect.
 */
export class NullPool<C extends PoolableConnection> extends Pool<C> {
  static override readonly name: string = 'NullPool'

  /** An empty slot. Each new one has to be registered with the garbage collector, which takes time. */
  #free: ConnectionRecord<C> | undefined

  constructor(creator: Creator<C>, options?: PoolOptionsWith) {
    super(creator, options)
  }

  override get capacity(): number {
    return Infinity
  }

  protected override get size(): number {
    return 0
  }

  protected override lend(): ConnectionRecord<C> {
    const record = this.#free ?? this.createRecord()
    this.#free = undefined
    return record
  }

  protected override takeBack(record: ConnectionRecord<C>): MaybePromise<void> {
    if (this.#free !== undefined) return this.discard(record)
    const closing = this.vacate(record)
    if (isPromise(closing)) return closing.then(() => this.discard(record))
    this.#free = record
  }

  protected override clear(): void {
    if (this.#free !== undefined) void this.discard(this.#free)
    this.#free = undefined
  }
}
