import type { ConnectionRecord } from './connection-record.ts'
import type { MaybePromise } from './maybe-promise.ts'
import { Pool } from './pool.ts'
import type { PoolOptionsWith } from './pool-options.ts'
import type { Creator, PoolableConnection } from './poolable-connection.ts'

/**
 * No pooling: each checkout opens a connection, each check-in closes it, and there can be any number of them.
 *
 * Takes the options that every class takes; `poolRecycle` and `poolPrePing` never come to bear.
 */
export class NullPool<C extends PoolableConnection> extends Pool<C> {
  static override readonly name: string = 'NullPool'

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
    return this.createRecord()
  }

  protected override takeBack(record: ConnectionRecord<C>): MaybePromise<void> {
    return this.discard(record)
  }

  protected override clear(): void {}
}
