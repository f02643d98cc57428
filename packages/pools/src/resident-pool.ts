import type { ConnectionRecord } from './connection-record.ts'
import { Pool } from './pool.ts'
import type { PoolableConnection } from './poolable-connection.ts'

/** One connection that stays open for ever once it is, lent to one borrower at a time. */
export abstract class ResidentPool<C extends PoolableConnection> extends Pool<C> {
  static override readonly takes: readonly string[] = [...Pool.takes, 'poolTimeout']

  #record: ConnectionRecord<C> | undefined
  #isLent = false

  override get capacity(): number {
    return 1
  }

  protected override lend(): ConnectionRecord<C> | undefined {
    if (this.#isLent) return undefined
    this.#isLent = true
    return (this.#record ??= this.createRecord())
  }

  protected override takeBack(): void {
    this.#isLent = false
  }

  protected override clear(): void {
    this.#record = undefined
    this.#isLent = false
  }
}
