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
import { restore } from '../backup/restore.ts'
import { SqliteAdapter } from './sqlite-adapter.ts'
import type { PooledSqliteDialectConfig } from '../config/dialect-config.ts'
import { keyFor, type KeyOption } from '../config/key.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import type { Connection } from '../connection/connection.ts'
import { Session } from '../session/session.ts'
import { PooledSqliteDriver } from './pooled-sqlite-driver.ts'
import { SqliteQueryCompiler } from './query-compiler.ts'
import { Engine } from '../engine.ts'
import type { SqliteLocation } from '../url/sqlite-location.ts'

/**
 * A SQLite dialect for Kysely whose connection pool is a class that you choose, or that the URL chooses for you.
 *
 * ```ts
 * import { Kysely } from 'kysely'
 * import { PooledSqliteDialect } from '@poolclass/dialect'
 *
 * const db = new Kysely<Database>({ dialect: new PooledSqliteDialect('app.db') })
 * ```
 *
 * Nothing is opened before the first query. The data of a memory database belongs to the dialect: all Kysely
 * instances built over one dialect object see it, until the last one that was used is destroyed.
 *
 * It extends Kysely's `SqliteDialect` because tools recognise SQLite by it, and shares no code with it.
 */
export class PooledSqliteDialect extends SqliteDialect implements Dialect {
  readonly #engine: Engine

  /**
   * @param config The config, or the URL alone.
   * @throws DialectConfigError, SqliteUrlError, PoolOptionError for a config that cannot work.
   */
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

  /** What the URL, and `checkSameThread`, made it open. The path of a file is absolute. */
  get location(): SqliteLocation {
    return this.#engine.config.location
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
   * Nobody else has the connection until the callback's promise is settled. What the callback leaves open is ended as the
   * pool is told to (`poolResetOnReturn`). What it has set, such as a function, stays where the pool has one connection;
   * a pool of several closes the connection. To write with the handle, begin a transaction with the connection,
   * `await connection.executeQuery(CompiledQuery.raw('begin immediate'))`: that waits its turn.
   *
   * @param use The handle has the type that you say, unseen: a `Database` of better-sqlite3, a `DatabaseSync` of `node:sqlite`.
   * @throws HandleElsewhereError where connections live in threads; what waiting for a connection throws.
   */
  async withConnection<T, Handle = unknown>(
    use: (connection: DatabaseConnection, handle: Handle) => T | PromiseLike<T>,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    await this.#engine.startForDialect()
    const session = new Session(this.#engine, signal)
    try {
      const handle = await session.lendHandle(this.withConnection)
      return await session.runInside(() => use(session, handle as Handle))
    } finally {
      await session.release()
    }
  }

  /**
   * Copies the database, as it is at one moment, into a file, while it is in use.
   *
   * ```ts
   * await dialect.backup('backup.db', { overwrite: true })
   * ```
   *
   * A thread of its own copies, so the event loop is free. With a WAL, writers go on meanwhile; with a rollback journal, and in
   * shared memory, they wait. Private memory and a `creator` that is a function allow no other thread: then a connection of the
   * pool copies in steps. The file has its name once it is complete. A backup that fails, or is ended by `signal` or
   * `db.destroy()`, leaves nothing, and what was there before stays.
   *
   * @param destination The path of a file that does not exist.
   * @throws BackupError where it cannot be there; SqliteError where the database cannot be read; what `onProgress` throws.
   */
  backup(destination: string | URL, options: BackupOptions = {}): Promise<void> {
    return backup(this.#engine, destination, options, this.backup)
  }

  /**
   * Gives a memory database the content of a file, such as a backup. Private memory is replaced, whatever is in it, once its
   * users are through; shared memory must be empty.
   *
   * ```ts
   * const dialect = new PooledSqliteDialect(':memory:')
   * await dialect.restore('test/fixture.db')
   * ```
   *
   * It blocks the event loop as long as the file takes to read, and the file is not changed.
   *
   * @throws RestoreError where the database is a file, where a `creator` opens it, or where shared memory is not empty;
   *   SqliteError for a file that is no database.
   */
  restore(source: string | URL): Promise<void> {
    return restore(this.#engine, source, this.restore)
  }

  /**
   * Encrypts the file with another key, from now on for all connections of this dialect. Where there was no key, it encrypts
   * the file. Other dialects, other processes and the config keep the old key: change it there.
   *
   * It waits its turn among the writers, and rewrites the whole file. Connections in this thread go on with the new key. A query
   * that runs in another thread at that moment, and a connection whose transaction or stream is open, can fail with `SQLITE_NOTADB`.
   *
   * @param key As in the config.
   * @throws DialectConfigError where the driver cannot encrypt, or `key` is none.
   */
  async rekey(key: KeyOption): Promise<void> {
    const { location, driver } = this.#engine.config
    const bytes = keyFor(location, driver, key)
    await this.#engine.startForDialect()
    const session = new Session(this.#engine)
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

  /** The dialect itself: a copy would be another pool, and for memory another database. For tools that clone their config. */
  clone(): this {
    return this
  }
}
