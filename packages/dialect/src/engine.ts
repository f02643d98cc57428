import { AssertionPool, type MaybePromise, type Pool, PoolOptionError } from '@poolclass/pools'
import type { Database } from 'better-sqlite3'
import { basename } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { type BusyWait, untilNotBusy } from './waiting/busy.ts'
import type { ResolvedConfig } from './config/resolved-config.ts'
import { rejectUnsafeThreads } from './config/threads.ts'
import type { Connection } from './connection/connection.ts'
import { addonThreadSafety, understandsUris } from './connection/addon.ts'
import { loadCreator } from './connection/creator-module.ts'
import { newConnection } from './connection/new-connection.ts'
import { openDatabase, rejectUnopenable } from './connection/open-database.ts'
import { openLocalConnection, type Opening } from './connection/opening.ts'
import type { SqlTextCache } from './connection/sql-text-cache.ts'
import { DialectConfigError, UriSupportError } from './errors.ts'
import { addHint } from './hints.ts'
import { MigrationLock } from './waiting/migration-lock.ts'
import { NestedUse } from './waiting/nested-use.ts'
import { knownWrites } from './waiting/known-writes.ts'
import { SessionSettings } from './settings/session-settings.ts'
import { WorkerPool } from './threads/worker-pool.ts'
import { openTarget, type OpenTarget } from './url/open-target.ts'
import { realPath } from './url/real-path.ts'
import type { SqliteLocation } from './url/sqlite-location.ts'
import { type WriteQueue, writeQueueOf } from './waiting/write-queue.ts'

/**
 * All that belongs to the database rather than to a driver: the pool, the write queue, the session settings. It
 * outlives each driver, so that the Kysely instances which an ORM builds over one dialect see one database.
 */
export class Engine {
  readonly config: ResolvedConfig
  readonly pool: Pool<Connection>
  /**
   * Absent before the start, where there is never more than one connection to the database, and for an `AssertionPool`,
   * which would never see the second checkout of those who wait in line.
   */
  writeQueue: WriteQueue | undefined
  readonly settings: SessionSettings
  readonly nestedUse: NestedUse = new NestedUse()
  readonly migrationLock: MigrationLock
  readonly writes: SqlTextCache<boolean> = knownWrites()
  readonly #opening: Opening
  readonly #needsUri: boolean
  readonly #workers: WorkerPool | undefined
  readonly #onRelease = (wake: () => void): (() => void) => this.writeQueue?.onRelease(wake) ?? (() => {})
  #opened = 0
  /** How many drivers were started and not stopped. */
  #drivers = 0
  /** What keeps a shared memory database alive while no connection of the pool does. */
  #anchor: Database | undefined

  constructor(config: ResolvedConfig) {
    rejectUnsafeThreads(config, isMainThread, addonThreadSafety)
    this.config = config
    this.settings = new SessionSettings(config.connectArgs.timeout, (memory) => this.#openMemory(memory))
    const { needsUri, ...target } = openTarget(config.location)
    this.#needsUri = needsUri
    this.#opening = openingOf(config, target)
    this.#workers = workerPool(config)
    this.pool = this.#createPool()
    this.#rejectSeveralMemories()
    this.migrationLock = new MigrationLock(() => this.#migrationLockFile())
  }

  /** All its drivers were destroyed. */
  get stopped(): boolean {
    return this.#drivers === 0
  }

  /** Called by each driver before its first query. */
  start(): void {
    if (this.config.location.kind === 'shared-memory') {
      this.#rejectWithoutUris()
      this.#anchor ??= openDatabase(this.#opening)
    }
    this.writeQueue ??= this.#sharedWriteQueue()
    this.#workers?.start()
    this.#drivers += 1
  }

  /**
   * Called by each driver that was started when it is destroyed; the last one closes what is open. Another one may start
   * while that goes on: then it has what is not yet closed.
   */
  async stop(): Promise<void> {
    this.#drivers -= 1
    if (!this.stopped) return
    try {
      await this.pool.dispose()
      if (this.stopped) await this.#workers?.end()
    } finally {
      if (this.stopped) this.#forget()
    }
  }

  /** How a connection of this database waits for a lock. */
  busyWait(timeout: number = this.settings.busyTimeout, signal?: AbortSignal): BusyWait {
    return { timeout, signal, onRelease: this.#onRelease }
  }

  /** Adds what its user needs to know to an error, and returns it. */
  async explain(error: unknown, connection: Connection | undefined): Promise<unknown> {
    await addHint(error, this.config.location, connection)
    return error
  }

  #forget(): void {
    this.settings.clear()
    this.#anchor?.close()
    this.#anchor = undefined
  }

  #createPool(): Pool<Connection> {
    const { poolclass, poolclassChosenBy, poolOptions } = this.config
    try {
      return new poolclass<Connection>(() => this.#open(), poolOptions)
    } catch (error) {
      if (error instanceof PoolOptionError && poolclassChosenBy === 'url') {
        error.message += ` The URL chose ${poolclass.name}: choose another one with poolclass.`
      }
      throw error
    }
  }

  #open(): Promise<Connection> {
    const { onCreateConnection } = this.config
    this.#rejectWithoutUris()
    this.#opened += 1
    const label = `${nameOf(this.config.location)}#${this.#opened}`
    const open = (): MaybePromise<Connection> => this.#openConnection(label)
    return newConnection(open, onCreateConnection, (attempt) => untilNotBusy(attempt, this.busyWait()))
  }

  #openConnection(label: string): MaybePromise<Connection> {
    const { creator } = this.config
    if (this.#workers !== undefined) return this.#workers.open(this.#opening, label)
    if (typeof creator !== 'object') return openLocalConnection(this.#opening, label, creator)
    return loadCreator(creator.href).then((load) => openLocalConnection(this.#opening, label, load))
  }

  /** A handle that keeps an attached memory database alive, of whatever thread its connections are. */
  #openMemory(filename: string): Database {
    return openDatabase({ ...this.#opening, filename, readonly: false, fileMustExist: false })
  }

  /** SQLite would create a file that is called like the URI. */
  #rejectWithoutUris(): void {
    if (this.#needsUri && !understandsUris()) throw new UriSupportError(this.#opening.filename)
  }

  /** A private database and several connections make several databases. */
  #rejectSeveralMemories(): void {
    const { location, poolclass } = this.config
    if ((location.kind !== 'memory' && location.kind !== 'temporary') || this.pool.capacity === 1) return
    const several = this.pool.capacity === Infinity ? 'any number' : `up to ${this.pool.capacity}`
    throw new DialectConfigError(
      'poolclass',
      `A ${location.kind} database belongs to one connection, and ${poolclass.name} lends ${several}: each would be another, ` +
        'empty database. Use SingletonThreadPool or StaticPool, or a memory database that connections share: ' +
        "'file:app?mode=memory&cache=shared'.",
    )
  }

  /** The one of all connections, of this dialect or another one, that reach the same database. */
  #sharedWriteQueue(): WriteQueue | undefined {
    const { location } = this.config
    if (this.pool instanceof AssertionPool) return undefined
    if (location.kind === 'shared-memory') return writeQueueOf(`memory ${location.name}`)
    if (location.kind === 'file') return writeQueueOf(`file ${realPath(location.path)}`)
    return undefined
  }

  /** Nobody can migrate what is read only, or what cannot be opened: neither leaves a file behind. */
  #migrationLockFile(): string | undefined {
    const { location } = this.config
    rejectUnopenable(this.#opening)
    if (this.#opening.readonly) return undefined
    if (location.kind === 'shared-memory')
      return `file:/${encodeURIComponent(location.name)}-migration-lock?vfs=memdb`
    if (location.kind !== 'file' || location.immutable === true) return undefined
    return `${realPath(location.path)}-migration-lock`
  }
}

function openingOf(config: ResolvedConfig, target: Omit<OpenTarget, 'needsUri'>): Opening {
  const { location, pragmas, connectArgs } = config
  return {
    location,
    filename: target.filename,
    readonly: connectArgs.readonly || target.readonly,
    fileMustExist: connectArgs.fileMustExist || target.fileMustExist,
    safeIntegers: connectArgs.safeIntegers,
    statementCacheSize: connectArgs.statementCacheSize,
    pragmas,
  }
}

function workerPool({ threads, creator, location }: ResolvedConfig): WorkerPool | undefined {
  if (threads === 0) return undefined
  const module = typeof creator === 'object' ? creator.href : undefined
  return new WorkerPool(threads, `SQLite ${nameOf(location)}`, module)
}

/** For labels and debuggers. */
function nameOf(location: SqliteLocation): string {
  switch (location.kind) {
    case 'file':
      return basename(location.path)
    case 'shared-memory':
      return location.name
    case 'memory':
      return ':memory:'
    case 'temporary':
      return 'temporary'
  }
}
