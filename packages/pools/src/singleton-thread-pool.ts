import { PoolOptionError } from './errors.ts'
import type { PoolOptionsWith } from './pool-options.ts'
import type { Creator, PoolableConnection } from './poolable-connection.ts'
import { ResidentPool } from './resident-pool.ts'

/**
 * Keeps one connection for each thread open for ever. It suits private memory databases, which die with their connection. A
 * pool object lives in one thread, so it has one connection. One borrower has it at a time. The others wait, first come, first
 * served. If the creator opens connections in other threads, `poolSize` is the number of these threads, and each has one
 * connection.
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
        `${new.target.name}: poolSize must be the number of threads from 1 on, not 0.`,
      )
    }
  }

  override get capacity(): number {
    return this.options.poolSize
  }
}
