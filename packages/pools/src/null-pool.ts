import type { ConnectionRecord } from './connection-record.ts'
import type { MaybePromise } from './maybe-promise.ts'
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
