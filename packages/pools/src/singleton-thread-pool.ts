import type { PoolableConnection } from './poolable-connection.ts'
import { ResidentPool } from './resident-pool.ts'

/**
 * One connection per thread, kept for ever: the pool for a private memory database, which lives and dies with its
 * connection. A pool object lives in one thread of JavaScript, so it has one connection, lent to one borrower at a time;
 * the others wait in the order in which they came. Where the creator opens connections in other `threads`, there is one
 * for each of them.
 *
 * Takes `poolTimeout`, `poolRecycle`, `poolPrePing`, `poolResetOnReturn`, `threads`.
 */
export class SingletonThreadPool<C extends PoolableConnection> extends ResidentPool<C> {
  static override readonly takes: readonly string[] = [...ResidentPool.takes, 'threads']

  override get capacity(): number {
    return this.options.threads
  }
}
