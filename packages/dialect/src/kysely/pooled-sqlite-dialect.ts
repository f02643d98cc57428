import {
  type DatabaseConnection,
  CompiledQuery,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
  SqliteDialect,
  SqliteIntrospector,
} from 'kysely'
import type { Pool } from '@poolclass/pools'
import { backup, type BackupOptions } from '../backup/backup.ts'
import { check, type DatabaseCheck } from '../check/check.ts'
import { restore } from '../backup/restore.ts'
import { SqliteAdapter } from './sqlite-adapter.ts'
import type { PoolClassChoice, PooledSqliteDialectConfig } from '../config/dialect-config.ts'
import { checkKey, keyBytes, type KeyOption } from '../config/key.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import type { Connection } from '../connection/connection.ts'
import { openSession } from '../diagnostics/open-session.ts'
import { PooledSqliteDriver } from './pooled-sqlite-driver.ts'
import { SqliteQueryCompiler } from './query-compiler.ts'
import { Engine } from '../engine.ts'
import type { SqliteLocation } from '../url/sqlite-location.ts'

/**
 * A SQLite dialect for Kysely with a connection pool. You choose the pool class, or the URL chooses it.
 *
 * ```ts
 * import { Kysely } from 'kysely'
 * import { PooledSqliteDialect } from '@poolclass/dialect'
 *
 * const db = new Kysely<Database>({
 *   dialect: new PooledSqliteDialect({ url: 'app.db', poolclass: 'QueuePool', pragmas: { journal_mode: 'wal' } }),
 * })
 * ```
 *
 * It opens nothing before the first query. A memory database belongs to the dialect object. All Kysely instances with that
 * dialect see it, until the last one that has run a query is destroyed.
 *
 * It extends Kysely's `SqliteDialect` because tools recognise SQLite by it, and shares no code with it.
 */
export class PooledSqliteDialect<Choice extends PoolClassChoice = PoolClassChoice>
  extends SqliteDialect
  implements Dialect
{
  readonly #engine: Engine

  /**
   * @param config The config, or the URL alone.
   * @throws DialectConfigError, SqliteUrlError, PoolOptionError for a config that cannot work.
   */
  constructor(config: string | URL | PooledSqliteDialectConfig<Choice>)
  constructor(config: string | URL | PooledSqliteDialectConfig) {
    super({
      database: () => Promise.reject(new Error('bug: the database of the base class was asked for')),
    })
    this.#engine = new Engine(resolveConfig(config))
  }

  /** The pool of this dialect's connections, for its status and its events. */
  get pool(): Pool<Connection> {
    return this.#engine.pool
  }

  /** The database that this dialect opens, by its URL and `checkSameThread`. The path of a file is absolute. */
  get location(): SqliteLocation {
    return this.#engine.config.location
  }

  /**
   * What this dialect has seen of a server that has replicas, to hand to another process: what that one reads after
   * `readNotBefore(token)` shows it. Undefined before the first query, and for a database in this process.
   */
  get freshness(): string | undefined {
    return this.#engine.database.freshness?.token
  }

  /**
   * Makes all reads of this dialect show at least what the dialect that gave the token had seen. Does nothing for a database in
   * this process.
   *
   * @throws DialectConfigError for what is no such token.
   */
  readNotBefore(token: string): void {
    this.#engine.database.freshness?.readNotBefore(token)
  }

  /**
   * Takes a connection, reads the schema, and tells what it has found: for a check when a server starts, and for a health
   * endpoint.
   *
   * ```ts
   * const { journalMode, wal, locks, latency } = await dialect.check({ signal: AbortSignal.timeout(1000) })
   * ```
   *
   * It changes nothing. To see whether it is free, it takes the write lock for a moment.
   *
   * @throws what a query would: SqliteError for what cannot be opened or read, PoolTimeoutError, the signal's reason.
   */
  check({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<DatabaseCheck> {
    return check(this.#engine, signal)
  }

  /**
   * Lends one connection, with the driver's own handle, for what no dialect covers: functions, aggregates, `serialize`.
   *
   * ```ts
   * import type { Database } from 'better-sqlite3'
   *
   * const image = await dialect.withConnection((connection, handle: Database) => handle.serialize())
   * ```
   *
   * The connection belongs to the callback until its promise settles. `poolResetOnReturn` then ends an open transaction.
   * Functions and settings of the callback stay on a pool of one connection; a larger pool closes the connection. To write
   * with the handle, begin a transaction first, because that waits its turn:
   * `await connection.executeQuery(CompiledQuery.raw('begin immediate'))`. End it with `connection` too: if the
   * handle ends it, the other writers of this thread go on waiting.
   *
   * @param use The handle has the type that you say, unseen: a `Database` of better-sqlite3, a `DatabaseSync` of `node:sqlite`.
   * @throws HandleElsewhereError where connections live in threads; what waiting for a connection throws.
   */
  async withConnection<T, Handle = unknown>(
    use: (connection: DatabaseConnection, handle: Handle) => T | PromiseLike<T>,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    await this.#engine.startForDialect()
    const session = openSession(this.#engine, signal)
    try {
      const handle = await session.lendHandle(this.withConnection)
      return await session.runInside(() => use(session, handle as Handle))
    } finally {
      await session.release()
    }
  }

  /**
   * Copies the database into a file while it is in use. The copy shows the moment when the backup began.
   *
   * ```ts
   * await dialect.backup('backup.db', { overwrite: true })
   * ```
   *
   * A thread of its own copies, so the event loop is free. With a WAL, writers go on meanwhile. With a rollback journal, and in
   * shared memory, they wait. Private memory and a `creator` function allow no other thread, so a connection of the
   * pool copies in steps there. The file gets its name when it is complete. If the backup fails, or `signal` or
   * `db.destroy()` ends it, it leaves nothing, and an older file stays.
   *
   * @param destination The path of a file that does not exist.
   * @throws BackupError where it cannot be there; SqliteError where the database cannot be read; what `onProgress` throws.
   */
  backup(destination: string | URL, options: BackupOptions = {}): Promise<void> {
    return backup(this.#engine, destination, options, this.backup)
  }

  /**
   * Fills a memory database from a file, such as a backup. It replaces the content of private memory, after the open
   * transaction. Shared memory must be empty.
   *
   * ```ts
   * const dialect = new PooledSqliteDialect(':memory:')
   * await dialect.restore('test/fixture.db')
   * ```
   *
   * It blocks the event loop while it reads the file, and does not change the file.
   *
   * @throws RestoreError where the database is a file, where a `creator` opens it, or where shared memory is not empty;
   *   SqliteError for a file that is no database.
   */
  restore(source: string | URL): Promise<void> {
    return restore(this.#engine, source, this.restore)
  }

  /**
   * Encrypts the file with another key, for all connections of this dialect. It also encrypts a file that had no key.
   * Other dialects, other processes and the config keep the old key, so change it there.
   *
   * It waits its turn among the writers, and rewrites the whole file. Connections in this thread go on with the new key. A query
   * that runs in another thread at that moment, and a connection whose transaction or stream is open, can fail with `SQLITE_NOTADB`.
   *
   * @param key As in the config.
   * @throws DialectConfigError if the driver cannot encrypt, or `key` is not a key.
   */
  async rekey(key: KeyOption): Promise<void> {
    const { location, driver } = this.#engine.config
    const bytes = keyBytes(checkKey(key, location, driver))
    await this.#engine.startForDialect()
    const session = openSession(this.#engine)
    try {
      await session.executeQuery(
        CompiledQuery.raw(`pragma hexrekey = '${Buffer.from(bytes).toString('hex')}'`),
      )
    } finally {
      await session.release()
    }
  }

  override createDriver(): Driver {
    return new PooledSqliteDriver(this.#engine)
  }

  override createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler()
  }

  override createAdapter(): DialectAdapter {
    return new SqliteAdapter(this.#engine.migrationLock)
  }

  override createIntrospector(db: Kysely<any>): DatabaseIntrospector {
    return new SqliteIntrospector(db)
  }

  /** Returns the dialect itself, for tools that clone their config. A copy would have another pool, and another memory database. */
  clone(): this {
    return this
  }
}
