import { FifoLock } from './fifo-lock.ts'

/** One migrator at a time, across connections, threads and processes. */
export class MigrationLock {
  readonly #lockElsewhere: () => Promise<() => void>
  readonly #line: FifoLock<object>
  readonly #held: WeakMap<object, () => void> = new WeakMap()

  /** @param lockElsewhere Keeps the migrators out that do not share this object; returns how to let them in. */
  constructor(lockElsewhere: () => Promise<() => void>) {
    this.#lockElsewhere = lockElsewhere
    this.#line = new FifoLock(() => new Error('bug: the migration lock waits without a time-out'))
  }

  /** Waits for as long as another migrator runs: a migration may take minutes, and a crash releases the lock. */
  async acquire(migrator: object): Promise<void> {
    await this.#line.acquire(migrator, { timeout: Infinity })
    try {
      this.#held.set(migrator, await this.#lockElsewhere())
    } catch (error) {
      this.#line.release(migrator)
      throw error
    }
  }

  /** Does nothing for a migrator that does not hold the lock: Kysely releases what it has failed to acquire, too. */
  release(migrator: object): void {
    this.#held.get(migrator)?.()
    this.#held.delete(migrator)
    this.#line.release(migrator)
  }
}
