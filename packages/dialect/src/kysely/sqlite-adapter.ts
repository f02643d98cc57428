import { type Kysely, type MigrationLockOptions, SqliteAdapter as KyselySqliteAdapter } from 'kysely'
import type { MigrationLock } from '../waiting/migration-lock.ts'

/**
 * Kysely's SQLite adapter for a pool. It bears the same name because tools tell dialects apart by it.
 */
export class SqliteAdapter extends KyselySqliteAdapter {
  /** It is written out because bundlers rename classes. */
  static override readonly name: string = 'SqliteAdapter'

  readonly #migrationLock: MigrationLock

  constructor(migrationLock: MigrationLock) {
    super()
    this.#migrationLock = migrationLock
  }

  /** Even where the pool has one connection: Kysely's own mutex stays locked for ever after one rejected acquire. */
  override get supportsMultipleConnections(): boolean {
    return true
  }

  override async acquireMigrationLock(db: Kysely<any>, options: MigrationLockOptions): Promise<void> {
    await this.#migrationLock.acquire(db, options)
  }

  override async releaseMigrationLock(db: Kysely<any>, _options: MigrationLockOptions): Promise<void> {
    await this.#migrationLock.release(db)
  }
}
