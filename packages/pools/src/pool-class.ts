import type { Pool } from './pool.ts'
import type { PoolOptions } from './pool-options.ts'
import type { Creator, PoolableConnection } from './poolable-connection.ts'

/** A pool class, as a value. Its constructor takes any connection type, and its name is known. */
export interface PoolClass {
  new <C extends PoolableConnection>(creator: Creator<C>, options?: PoolOptions): Pool<C>
  readonly name: string
  /** The names of the options that it takes. */
  readonly takes: readonly string[]
}
