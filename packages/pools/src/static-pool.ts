import type { PoolOptionsWith } from './pool-options.ts'
import type { Creator, PoolableConnection } from './poolable-connection.ts'
import { ResidentPool } from './resident-pool.ts'

/**
 * Keeps one connection open for ever, and opens a new one only after an invalidation. One borrower has it at a time. The others
 * wait, first come, first served.
 *
 * Takes `poolTimeout`, and the options that every class takes.
 */
export class StaticPool<C extends PoolableConnection> extends ResidentPool<C> {
  static override readonly name: string = 'StaticPool'

  constructor(creator: Creator<C>, options?: PoolOptionsWith<'poolTimeout'>) {
    super(creator, options)
  }
}
