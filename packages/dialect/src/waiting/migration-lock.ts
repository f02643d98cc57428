import BetterSqlite3, { type Database } from 'better-sqlite3'
import { untilNotBusy } from './busy.ts'
import { FifoLock } from './fifo-lock.ts'

/**
 * One migrator at a time, across connections, threads and processes.
 *
 * Kysely has a dialect keep a row in a table locked. SQLite has no row locks, and a flag in a row would outlive a
 * process that is killed. What it has are locks on files, which the operating system releases with the process: so
 * the lock is an exclusive transaction on an empty database of its own, beside the one that is migrated.
 */
export class MigrationLock {
  readonly #filename: () => string | undefined
  readonly #line: FifoLock<object>
  readonly #held: WeakMap<object, Database> = new WeakMap()

  /**
   * @param filename The lock database, asked for each time, because a link may lead elsewhere by then; undefined where no
   *   other thread or process can migrate the same.
   */
  constructor(filename: () => string | undefined) {
    this.#filename = filename
    this.#line = new FifoLock(() => new Error('bug: the migration lock waits without a time-out'))
  }

  /** Waits for as long as another migrator runs: a migration may take minutes, and a crash releases the lock. */
  async acquire(migrator: object): Promise<void> {
    await this.#line.acquire(migrator, { timeout: Infinity })
    try {
      const filename = this.#filename()
      if (filename !== undefined) this.#held.set(migrator, await lockDatabase(filename))
    } catch (error) {
      this.#line.release(migrator)
      throw error
    }
  }

  /** Does nothing for a migrator that does not hold the lock: Kysely releases what it has failed to acquire, too. */
  release(migrator: object): void {
    this.#held.get(migrator)?.close()
    this.#held.delete(migrator)
    this.#line.release(migrator)
  }
}

async function lockDatabase(filename: string): Promise<Database> {
  const database = new BetterSqlite3(filename, { timeout: 0 })
  try {
    return await untilNotBusy(() => database.exec('begin exclusive'), { timeout: Infinity })
  } catch (error) {
    database.close()
    throw error
  }
}
