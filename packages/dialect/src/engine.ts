import { AssertionPool, type MaybePromise, NullPool, type Pool } from '@poolclass/pools'
import type { TimeLimit } from '@poolclass/pools/time-limit'
import { type FrequentOpenings, frequentOpenings } from './limits/frequent-openings.ts'
import { type SlowQueries, slowQueries } from './limits/slow-queries.ts'
import { transactionLimit, type TransactionOwner } from './limits/transaction-timeout.ts'
import { type BusyWait, untilNotBusy, type WhileBusy } from './waiting/busy.ts'
import { retryOf } from './waiting/lock-ahead.ts'
import { newPool } from './config/new-pool.ts'
import { isPatient } from './config/patient-pools.ts'
import type { ResolvedConfig } from './config/resolved-config.ts'
import type { Connection } from './connection/connection.ts'
import { sourceOf, tellWait } from './diagnostics/channels.ts'
import { openWithPragmas } from './settings/open-with-pragmas.ts'
import { newConnection } from './settings/on-create-connection.ts'
import { SqlTextCache } from './connection/sql-text-cache.ts'
import type { DriverDatabase } from './drivers/driver.ts'
import { DestroyedError } from './errors/session-errors.ts'
import { addHint } from './hints.ts'
import { MigrationLock } from './waiting/migration-lock.ts'
import { NestedUse } from './waiting/nested-use.ts'
import { ReleaseLine } from './waiting/release-line.ts'
import { Tasks } from './tasks.ts'
import { SessionSettings } from './settings/session-settings.ts'
import { realPath } from './url/real-path.ts'
import { nameOf } from './url/sqlite-location.ts'
import { joinWal, type Wal } from './wal/wal.ts'
import { type WriteQueue, writeQueueOf } from './waiting/write-queue.ts'

/**
 * All that belongs to the database rather than to a driver: the pool, the write queue, the session settings. It
 * outlives each driver, so that the Kysely instances which an ORM builds over one dialect see one database.
 */
export class Engine {
  readonly config: ResolvedConfig
  /** The database as its driver reaches it. */
  readonly database: DriverDatabase
  readonly pool: Pool<Connection>
  /**
   * Absent before the start, where there is never more than one connection to the database, and for an `AssertionPool`,
   * which would never see a second checkout while that one waits in line.
   */
  writeQueue: WriteQueue | undefined
  /** Absent before the start, and if the dialect does not watch the WAL. */
  wal: Wal | undefined
  readonly settings: SessionSettings
  readonly nestedUse: NestedUse = new NestedUse()
  readonly migrationLock: MigrationLock
  readonly slowQueries: SlowQueries | undefined
  readonly transactionLimit: TimeLimit<TransactionOwner> | undefined
  /** Whether a query may give its connection back before Kysely releases it. */
  readonly givesBackEarly: boolean
  /** Absent if the pool keeps no connection, if no query gives one back early, and if they are not in this thread. */
  readonly releaseLine: ReleaseLine | undefined
  /** Whether each checkout opens a connection in this thread. */
  readonly opensEachTime: boolean
  /** Whether each checkout notes its place in the code. */
  readonly notesPlaces: boolean
  /** Whether nobody can name the holder of a connection before the next step. */
  readonly namesHoldersLater: boolean
  /** Whether an SQL text writes, as SQLite has said of it before. */
  readonly writes: SqlTextCache<boolean> = new SqlTextCache(REMEMBERED_TEXTS)
  readonly #onLockWait = (startTime: number, duration: number): void =>
    tellWait({ ...sourceOf(this), kind: 'lock', startTime, duration })
  readonly #onRelease = (wake: () => void): (() => void) => this.writeQueue?.onRelease(wake) ?? (() => {})
  readonly #tasks: Tasks = new Tasks()
  readonly #openings: FrequentOpenings | undefined
  #opened = 0
  /** How many drivers were started and not stopped. */
  #drivers = 0
  /** The dialect itself counts as one driver, where it was used before any: until the last one is stopped. */
  #dialectStarts: Promise<void> | undefined
  #isDestroyed = false

  constructor(config: ResolvedConfig) {
    this.config = config
    this.database = config.driver.database(config)
    this.settings = new SessionSettings(config.connectArgs.timeout, (memory) =>
      this.database.keepMemory(memory),
    )
    this.pool = newPool(config, () => this.#open())
    this.notesPlaces = (config.poolOptions.leakDetectionThreshold ?? 0) > 0
    this.givesBackEarly = isPatient(config.poolclass)
    // A checkout that may not wait fails at once, and names the holder.
    const mayWait = this.givesBackEarly && config.poolOptions.poolTimeout !== 0
    this.namesHoldersLater = mayWait && !this.notesPlaces
    this.opensEachTime = config.poolclass === NullPool && config.threads === 0
    const isInThisThread = config.threads === 0 && config.location.kind !== 'server'
    const keepsWarm = this.givesBackEarly && !this.opensEachTime && isInThisThread
    this.releaseLine = keepsWarm ? new ReleaseLine() : undefined
    this.transactionLimit = transactionLimit(config.limits)
    this.slowQueries = slowQueries(config.limits)
    this.#openings = frequentOpenings(config)
    this.migrationLock = new MigrationLock((options) => this.database.lockMigrations(options))
  }

  /** All its drivers were destroyed. */
  get stopped(): boolean {
    return this.#drivers === 0
  }

  /** Called by each driver before its first query. */
  async start(): Promise<void> {
    await this.database.load()
    this.database.hold()
    this.writeQueue ??= this.#sharedWriteQueue()
    this.#drivers += 1
    this.wal ??= this.#joinWal()
  }

  /**
   * Called by the dialect before a use of its own. What it starts, the last driver stops.
   *
   * @throws DestroyedError once the last driver has been stopped, until there is another.
   */
  async startForDialect(): Promise<void> {
    if (this.#isDestroyed) throw new DestroyedError()
    if (!this.stopped) return
    const starts = (this.#dialectStarts ??= this.start())
    try {
      await starts
    } catch (error) {
      if (this.#dialectStarts === starts) this.#dialectStarts = undefined
      throw error
    }
  }

  /** Runs something that ends with the last driver. */
  async runTask<T>(task: (ended: AbortSignal) => Promise<T>): Promise<T> {
    return await this.#tasks.run(async (ended) => {
      await this.startForDialect()
      ended.throwIfAborted()
      return await task(ended)
    })
  }

  /** Called for each driver that is made, whether it is ever started or not. */
  noteDriver(): void {
    this.#isDestroyed = false
  }

  /**
   * Called by each driver that was started when it is destroyed; the last one closes what is open. Another one may start
   * while that goes on: then it has what is not yet closed.
   */
  async stop(): Promise<void> {
    this.#drivers -= 1
    if (this.#drivers === 1 && this.#dialectStarts !== undefined) this.#drivers = 0
    if (!this.stopped) return
    this.#dialectStarts = undefined
    this.#isDestroyed = true
    try {
      await this.#tasks.end(new DestroyedError())
      this.transactionLimit?.rest()
      await this.pool.dispose()
      if (this.stopped) await this.#leaveWal()
      if (this.stopped) await this.database.end()
    } finally {
      if (this.stopped) this.#forget()
    }
  }

  /** How a connection of this database waits for a lock. */
  busyWait(timeout: number = this.settings.busyTimeout, signal?: AbortSignal): BusyWait {
    return {
      timeout,
      error: this.database.error,
      signal,
      onRelease: this.#onRelease,
      onEnd: this.#onLockWait,
    }
  }

  /** Has the file's new key for all connections. Those that cannot take it now are closed at their check-in. */
  async rekey(key: Uint8Array | undefined): Promise<void> {
    this.database.rekeyed?.(key)
    await this.closeIdle()
  }

  /** Closes idle connections, and those that are out at their check-in. */
  async closeIdle(): Promise<void> {
    await Promise.all([this.pool.dispose(), this.wal?.closeIdle()])
  }

  /** Adds what its user needs to know to an error, and returns it. */
  async explain(error: unknown, connection: Connection | undefined): Promise<unknown> {
    await addHint(error, this.config.location, connection)
    return error
  }

  #forget(): void {
    this.settings.clear()
    this.database.release()
  }

  /** Loads the driver first where code of the user's takes a connection from the pool before any driver is started. */
  #open(): MaybePromise<Connection> {
    return this.stopped ? this.database.load().then(() => this.#openLoaded()) : this.#openLoaded()
  }

  #openLoaded(): MaybePromise<Connection> {
    const { onCreateConnection, location, pragmas } = this.config
    this.#opened += 1
    const label = `${nameOf(location)}#${this.#opened}`
    const whileBusy: WhileBusy = (attempt, statement) =>
      untilNotBusy(attempt, () => this.busyWait(), statement && retryOf(statement))
    const open = (): MaybePromise<Connection> => openWithPragmas(this.database, label, pragmas, whileBusy)
    const openNew = (): MaybePromise<Connection> =>
      newConnection(open, onCreateConnection, whileBusy, this.settings)
    return this.#openings === undefined ? openNew() : this.#openings.during(openNew)
  }

  #joinWal(): Wal | undefined {
    const { location, walLimit } = this.config
    const key = this.database.writersShare()
    if (location.kind !== 'file' || walLimit === 0 || key === undefined) return undefined
    return joinWal(this, realPath(location.path), writeQueueOf(key))
  }

  async #leaveWal(): Promise<void> {
    const { wal } = this
    this.wal = undefined
    await wal?.leave(this)
  }

  /** The one of all connections, of this dialect or another one, that reach the same database. */
  #sharedWriteQueue(): WriteQueue | undefined {
    const key = this.pool instanceof AssertionPool ? undefined : this.database.writersShare()
    return key === undefined ? undefined : writeQueueOf(key)
  }
}

const REMEMBERED_TEXTS = 2000
