import type { MaybePromise } from '@poolclass/pools'
import type { MigrationLockOptions } from 'kysely'
import { FifoLock } from './fifo-lock.ts'

type LockElsewhere = (options: MigrationLockOptions) => Promise<() => MaybePromise<void>>

/** One migrator at a time, across connections, threads and processes. */
export class MigrationLock {
  readonly #lockElsewhere: LockElsewhere
  readonly #line: FifoLock<object>
  readonly #held: WeakMap<object, () => MaybePromise<void>> = new WeakMap()

  /** @param lockElsewhere Keeps out the migrators that do not share this object; returns a function that lets them in again. */
  constructor(lockElsewhere: LockElsewhere) {
    this.#lockElsewhere = lockElsewhere
    this.#line = new FifoLock(() => new Error('bug: the migration lock waits without a time-out'))
  }

  /** Waits for as long as another migrator runs, because a migration may take minutes and a crash releases the lock. */
  async acquire(migrator: object, options: MigrationLockOptions): Promise<void> {
    await this.#line.acquire(migrator, { timeout: Infinity })
    try {
      this.#held.set(migrator, await this.#lockElsewhere(options))
    } catch (error) {
      this.#line.release(migrator)
      throw error
    }
  }

  /** Does nothing for a migrator that does not hold the lock, because Kysely also releases a lock that it failed to acquire. */
  async release(migrator: object): Promise<void> {
    const unlock = this.#held.get(migrator)
    this.#held.delete(migrator)
    try {
      await unlock?.()
    } finally {
      this.#line.release(migrator)
    }
  }
}
