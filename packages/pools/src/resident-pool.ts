import type { ConnectionRecord } from './connection-record.ts'
import { Pool } from './pool.ts'
import type { PoolableConnection } from './poolable-connection.ts'

/** A fixed number of connections that stay open for ever once they are, each lent to one borrower at a time. */
export abstract class ResidentPool<C extends PoolableConnection> extends Pool<C> {
  static override readonly takes: readonly string[] = [...Pool.takes, 'poolTimeout']

  #free: ConnectionRecord<C>[] = []
  #made = 0

  /** How many connections there can be. */
  protected get slots(): number {
    return 1
  }

  override get capacity(): number {
    return this.slots
  }

  protected override get size(): number {
    return this.slots
  }

  protected override lend(): ConnectionRecord<C> | undefined {
    const free = this.#free.pop()
    if (free !== undefined || this.#made >= this.slots) return free
    this.#made++
    return this.createRecord()
  }

  protected override takeBack(record: ConnectionRecord<C>): void {
    this.#free.push(record)
  }

  protected override clear(): void {
    this.#free = []
    this.#made = 0
  }
}
