import type { PoolOptionsWith } from './pool-options.ts'
import type { Creator, PoolableConnection } from './poolable-connection.ts'
import { ResidentPool } from './resident-pool.ts'

/**
 * One connection for everybody, kept for ever and opened anew only after it was invalidated. It is lent to one borrower
 * at a time; the others wait in the order in which they came.
 *
 * Takes `poolTimeout`, and the options that every class takes.
 */
export class StaticPool<C extends PoolableConnection> extends ResidentPool<C> {
  static override readonly name: string = 'StaticPool'

  constructor(creator: Creator<C>, options?: PoolOptionsWith<'poolTimeout'>) {
    super(creator, options)
  }
}
