import type { ConnectionRecord } from './connection-record.ts'
import type { MaybePromise } from './maybe-promise.ts'
import { Pool } from './pool.ts'
import type { PoolableConnection } from './poolable-connection.ts'

/**
 * No pooling: each checkout opens a connection, each check-in closes it, and there can be any number of them.
 *
 * Takes `poolRecycle`, `poolPrePing`, `poolResetOnReturn`; the first two never come to bear.
 */
export class NullPool<C extends PoolableConnection> extends Pool<C> {
  override get capacity(): number {
    return Infinity
  }

  protected override get size(): number {
    return 0
  }

  protected override lend(): ConnectionRecord<C> {
    return this.createRecord()
  }

  protected override takeBack(record: ConnectionRecord<C>): MaybePromise<void> {
    return this.discard(record)
  }

  protected override clear(): void {}
}
