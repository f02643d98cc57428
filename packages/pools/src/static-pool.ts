import type { PoolableConnection } from './poolable-connection.ts'
import { ResidentPool } from './resident-pool.ts'

/**
 * One connection for everybody, kept for ever and opened anew only after it was invalidated. It is lent to one borrower
 * at a time; the others wait in the order in which they came.
 *
 * Takes `poolTimeout`, `poolRecycle`, `poolPrePing`, `poolResetOnReturn`.
 */
export class StaticPool<C extends PoolableConnection> extends ResidentPool<C> {}
