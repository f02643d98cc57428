import type { MaybePromise } from '@poolclass/pools'
import type { ConfigPragma } from '../../config/pragmas.ts'
import type { ResolvedConfig } from '../../config/resolved-config.ts'
import type { Connection } from '../../connection/connection.ts'
import { UriSupportError } from '../../errors/driver-errors.ts'
import { MovedFileError } from '../../errors/moved-file.ts'
import type { WorkerPool } from '../../threads/worker-pool.ts'
import type { Rekeyed } from '../../settings/rekey.ts'
import { openTarget } from './open-target.ts'
import { realPath } from '../../url/real-path.ts'
import { nameOf } from '../../url/sqlite-location.ts'
import type { DriverDatabase, SqliteErrorFactory } from '../driver.ts'
import { loadCreator } from './creator-module.ts'
import type { SqliteHandle } from './handle.ts'
import { KeyHolders } from './key-holders.ts'
import { KeptMemory } from './kept-memory.ts'
import { lockDatabase } from './lock-database.ts'
import { OpenedFiles } from './opened-files.ts'
import { rejectUnopenable } from './open-handle.ts'
import { openLocalConnection } from './open-local-connection.ts'
import type { Opening } from './opening.ts'
import { PageCacheBudget, type PageCacheLimit } from './page-cache-budget.ts'
import { copyIntoMemory, imageOfFile } from './restored-memory.ts'
import type { SqliteLibrary } from './sqlite-library.ts'
import { rejectUnsafeThreads } from './unsafe-threads.ts'
import { warnOfWalReset } from './wal-reset.ts'

/** A database that a library in this process opens, in this thread or in worker threads. */
export class LocalDatabase implements DriverDatabase {
  readonly error: SqliteErrorFactory
  readonly rekeyed?: Rekeyed
  readonly #library: SqliteLibrary
  readonly #config: ResolvedConfig
  #opening: Opening
  readonly #needsUri: boolean
  /** Absent before `load`, and where connections are in this thread. */
  #workers: WorkerPool | undefined
  readonly #keptMemory: KeptMemory
  readonly #keyHolders: KeyHolders = new KeyHolders()
  readonly #pageCaches: PageCacheBudget
  /** Absent for what is no file. */
  readonly #files: OpenedFiles | undefined
  /** How many connections were opened so far. */
  #opened = 0
  /** What the next connection is to find in private memory. */
  #image: Uint8Array | undefined

  constructor(library: SqliteLibrary, config: ResolvedConfig) {
    const { location, connectArgs, key, extensions, pragmas, autocheckpoint, limits } = config
    const { needsUri, filename, readonly, fileMustExist } = openTarget(location)
    this.error = library.error
    this.#library = library
    this.#config = config
    this.#needsUri = needsUri
    this.#opening = {
      location,
      filename,
      readonly: connectArgs.readonly || readonly,
      fileMustExist: connectArgs.fileMustExist || fileMustExist,
      safeIntegers: connectArgs.safeIntegers,
      statementCacheSize: connectArgs.statementCacheSize,
      key,
      extensions,
      pragmas,
      autocheckpoint,
      statementTimeout: limits.statementTimeout,
      optimizes: config.optimize && location.kind === 'file' && !connectArgs.readonly && !readonly,
    }
    if (location.kind === 'file') this.#files = new OpenedFiles(location.path)
    if (library.setKey !== undefined) this.rekeyed = (changed) => this.#rekeyed(changed)
    this.#keptMemory = new KeptMemory(library, this.#opening)
    this.#pageCaches = new PageCacheBudget(library, config)
  }

  get readsUris(): boolean {
    return this.#library.readsUris()
  }

  async load(): Promise<void> {
    await this.#library.load()
    rejectUnsafeThreads(this.#config, this.#library)
    if (this.#config.threads > 0 && this.#workers === undefined) await this.#loadThreads()
  }

  version(): string | undefined {
    return this.#library.version()
  }

  hold(): void {
    if (this.#config.location.kind === 'shared-memory') {
      this.#rejectWithoutUris()
      this.#keptMemory.hold()
    }
    this.#workers?.start()
  }

  writersShare(): string | undefined {
    const { location } = this.#config
    if (location.kind === 'shared-memory') return `memory ${location.name}`
    if (location.kind === 'file') return `file ${realPath(location.path)}`
    return undefined
  }

  open(label: string, pragmas?: readonly ConfigPragma[]): MaybePromise<Connection> {
    if (this.#files?.haveMoved() === true) throw new MovedFileError(this.#files.path)
    const opened = this.#pageCaches.open((pageCache) => this.#open(label, pragmas, pageCache))
    this.#noteOpening(opened)
    this.#opened += 1
    return this.#opened === 2 && this.#config.location.kind === 'file' ? this.#notAlone(opened) : opened
  }

  openUnwatched<T>(open: () => T): T {
    return this.#files === undefined ? open() : this.#files.leaveOut(open)
  }

  watch(connection: Connection): void {
    this.#files?.note(connection)
  }

  async #loadThreads(): Promise<void> {
    const { threads: count, creator, location, limits } = this.#config
    const { WorkerPool } = await threads()
    this.#workers ??= new WorkerPool(this.#library, {
      count,
      name: `SQLite ${nameOf(location)}`,
      creator: typeof creator === 'object' ? creator.href : undefined,
      statementTimeout: limits.statementTimeout,
    })
  }

  #noteOpening(opened: MaybePromise<Connection>): void {
    if (opened instanceof Promise) opened.then((connection) => this.#noteOpened(connection)).catch(() => {})
    else this.#noteOpened(opened)
  }

  #noteOpened(connection: Connection): void {
    this.watch(connection)
    if (this.rekeyed !== undefined) this.#keyHolders.add(connection)
  }

  #rekeyed(key: Uint8Array | undefined): void {
    this.#opening = { ...this.#opening, key }
    this.#keyHolders.give(key)
  }

  /** The second connection to a file. */
  async #notAlone(opened: MaybePromise<Connection>): Promise<Connection> {
    const connection = await opened
    // What cannot be asked now fails where the connection is used.
    await warnOfWalReset(connection, this.#library.name).catch(() => {})
    return connection
  }

  #open(
    label: string,
    pragmas: readonly ConfigPragma[] | undefined,
    pageCache: PageCacheLimit | undefined,
  ): MaybePromise<Connection> {
    const { creator } = this.#config
    this.#rejectWithoutUris()
    const opening: Opening = {
      ...this.#opening,
      ...(pragmas !== undefined && { pragmas }),
      ...(pageCache !== undefined && { pageCache }),
      ...(this.#image !== undefined && { image: this.#image }),
    }
    this.#image = undefined
    if (this.#workers !== undefined) return this.#workers.open(opening, label)
    if (typeof creator !== 'object') return openLocalConnection(this.#library, opening, label, creator)
    return loadCreator(creator.href).then((load) => openLocalConnection(this.#library, opening, label, load))
  }

  openApart(label: string): Promise<Connection> | undefined {
    const { location, creator } = this.#config
    if (location.kind === 'memory' || location.kind === 'temporary' || typeof creator === 'function')
      return undefined
    this.#rejectWithoutUris()
    const opening: Opening = {
      ...this.#opening,
      // It copies or empties what is there. A new file would be an empty one, beside theirs or under a misspelt name.
      fileMustExist: this.#opening.fileMustExist || location.kind === 'file',
      statementTimeout: 0,
      optimizes: false,
    }
    const opened = threads().then(({ openInOwnThread }) =>
      openInOwnThread(this.#library, opening, label, creator?.href),
    )
    opened.then((connection) => this.#files?.note(connection)).catch(() => {})
    return opened
  }

  hasMoved(): boolean {
    return this.#files?.haveMoved() ?? false
  }

  fillMemory(path: string): void {
    copyIntoMemory(this.#library, path, this.#opening.filename)
  }

  seedMemory(path: string): void {
    this.#image = imageOfFile(this.#library, path, this.#config)
  }

  keepMemory(filename: string): SqliteHandle {
    return this.#keptMemory.holdAttached(filename)
  }

  async lockMigrations(): Promise<() => void> {
    await this.load()
    const filename = this.#migrationLockFile()
    return filename === undefined ? () => {} : await lockDatabase(this.#library, filename)
  }

  async end(): Promise<void> {
    await this.#workers?.end()
  }

  release(): void {
    this.#image = undefined
    this.#keptMemory.release()
  }

  /** SQLite would create a file that is called like the URI. */
  #rejectWithoutUris(): void {
    if (this.#needsUri && !this.#library.readsUris()) throw new UriSupportError(this.#opening.filename)
  }

  /**
   * A database beside the one that is migrated. Asked each time, because a link may lead elsewhere by then. Nobody can migrate what is read only, or what cannot be
   * opened: neither leaves a file behind.
   */
  #migrationLockFile(): string | undefined {
    const { location } = this.#config
    rejectUnopenable(this.#library, this.#opening)
    if (this.#opening.readonly) return undefined
    if (location.kind === 'shared-memory')
      return `file:/${encodeURIComponent(location.name)}-migration-lock?vfs=memdb`
    if (location.kind !== 'file' || location.immutable === true) return undefined
    return `${realPath(location.path)}-migration-lock`
  }
}

const threads = (): Promise<typeof import('../../threads/open-apart.ts')> =>
  import(/* webpackMode: "eager" */ '../../threads/open-apart.ts')
