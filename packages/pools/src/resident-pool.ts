import type { ConnectionRecord } from './connection-record.ts'
import { Pool } from './pool.ts'
import type { PoolableConnection } from './poolable-connection.ts'

/** A fixed number of connections that stay open for ever once they are, each lent to one borrower at a time. */
export abstract class ResidentPool<C extends PoolableConnection> extends Pool<C> {
  static override readonly takes: readonly string[] = [...Pool.takes, 'poolTimeout']

  /** The one that came back last is lent first: a connection is opened only where all that are open are out. */
  #idle: ConnectionRecord<C>[] = []
  #made = 0

  override get capacity(): number {
    return 1
  }

  protected override get size(): number {
    return this.capacity
  }

  protected override lend(): ConnectionRecord<C> | undefined {
    if (this.#idle.length > 0) return this.#idle.pop()
    if (this.#made === this.capacity) return undefined
    this.#made += 1
    return this.createRecord()
  }

  protected override takeBack(record: ConnectionRecord<C>): void {
    this.#idle.push(record)
  }

  protected override clear(): void {
    this.#idle = []
    this.#made = 0
  }
}
