import { PoolOptionError } from './errors.ts'
import type { PoolOptionsWith } from './pool-options.ts'
import type { Creator, PoolableConnection } from './poolable-connection.ts'
import { ResidentPool } from './resident-pool.ts'

/**
 * One connection per thread, kept for ever: the pool for a private memory database, which lives and dies with its
 * connection. A pool object lives in one thread of JavaScript, so it has one connection, lent to one borrower at a time;
 * the others wait in the order in which they came. Where the creator opens connections in other threads, `poolSize` says
 * how many those are, and there is one connection for each.
 *
 * Takes `poolSize`, `poolTimeout`, and the options that every class takes.
 */
export class SingletonThreadPool<C extends PoolableConnection> extends ResidentPool<C> {
  static override readonly name: string = 'SingletonThreadPool'
  static override readonly takes: readonly string[] = [...ResidentPool.takes, 'poolSize']

  constructor(creator: Creator<C>, options: PoolOptionsWith<'poolTimeout' | 'poolSize'> = {}) {
    super(creator, options.poolSize === undefined ? { ...options, poolSize: 1 } : options)
    if (this.options.poolSize === 0) {
      throw new PoolOptionError(
        'poolSize',
        `${new.target.name} cannot work with poolSize: 0; it must be the number of threads, at least 1.`,
      )
    }
  }

  override get capacity(): number {
    return this.options.poolSize
  }
}
