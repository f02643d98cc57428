import type BetterSqlite3 from 'better-sqlite3'
import type { Database } from 'better-sqlite3'
import type { Copying } from '../../connection/connection.ts'
import type { ConstructorOptions } from '../../config/database-creator.ts'
import type { SqliteError } from '../driver.ts'
import type { LibraryName } from '../driver-traits.ts'
import { DriverMissingError } from '../../errors/driver-errors.ts'
import type { SqliteHandle } from '../local/handle.ts'
import { loadedFile, versionOfPackage } from '../local/loaded-file.ts'
import type { AdoptedHandle, HandleTarget, SqliteLibrary } from '../local/sqlite-library.ts'
import { threadsafety, type ThreadSafety } from '../local/thread-safety.ts'
import { restoreEnvironment, switchUrisOn } from './uri-switch.ts'

/** What a package exports that has better-sqlite3's interface. */
export type BetterSqlite3Package = Pick<typeof BetterSqlite3, 'SqliteError'> &
  (new (filename: string | Buffer, options?: BetterSqlite3.Options) => Database)

/** A package with the interface of better-sqlite3, or that one itself. */
export class BetterSqlite3Library implements SqliteLibrary {
  readonly name: LibraryName
  readonly #import: () => Promise<BetterSqlite3Package>
  /** The package, once it is loaded. */
  #package: BetterSqlite3Package | undefined
  #safety: ThreadSafety | undefined
  #readsUris: boolean | undefined

  /** @param importPackage Throws a `DriverMissingError`. It writes the name out, for bundlers to see. */
  constructor(name: LibraryName, importPackage: () => Promise<BetterSqlite3Package>) {
    this.name = name
    this.#import = importPackage
  }

  async load(): Promise<void> {
    this.#package ??= await this.#loadPackage()
  }

  loadedFrom(): string | undefined {
    return loadedFile(this.#loaded)
  }

  version(): string | undefined {
    return versionOfPackage(this.loadedFrom())
  }

  readonly error = (message: string, code: string): SqliteError => new this.#loaded.SqliteError(message, code)

  options({ readonly, fileMustExist }: HandleTarget): ConstructorOptions {
    return { readonly, fileMustExist, timeout: 0 }
  }

  open(target: HandleTarget): Database {
    const database = this.#openDatabase(target)
    return target.safeIntegers ? database.defaultSafeIntegers(true) : database
  }

  async copy(handle: SqliteHandle, file: string, { pagesPerStep, onStep }: Copying): Promise<void> {
    const last = await (handle as Database).backup(file, {
      progress: (progress) => {
        onStep(progress)
        return pagesPerStep
      },
    })
    onStep(last)
  }

  imageOf(handle: SqliteHandle): Uint8Array {
    return (handle as Database).serialize()
  }

  adopt(created: unknown, safeIntegers: boolean): AdoptedHandle | undefined {
    if (!isOpenDatabase(created)) return undefined
    created.pragma('busy_timeout = 0')
    if (safeIntegers) created.defaultSafeIntegers(true)
    const isOfThisCopy = created instanceof this.#loaded
    return { handle: created, openedAs: isOfThisCopy ? created.name : undefined }
  }

  /**
   * An object among the arguments would be a list of parameters, or named ones. In an array it is refused. An array that is as long as a
   * bulk statement has no place on the stack.
   */
  takesOneByOne(parameters: readonly unknown[]): boolean {
    for (let i = 0; i < parameters.length; i += 1) {
      const value = parameters[i]
      if (typeof value !== 'object' && typeof value !== 'function') continue
      if (value === null) continue
      rejectUnknownViews(parameters, i)
      return false
    }
    return parameters.length <= MOST_ARGUMENTS
  }

  readsUris(): boolean {
    return (this.#readsUris ??= this.#probeUris())
  }

  threadSafety(): ThreadSafety {
    if (this.#safety === undefined) throw this.#unloaded()
    return this.#safety
  }

  get #loaded(): BetterSqlite3Package {
    if (this.#package === undefined) throw this.#unloaded()
    return this.#package
  }

  #unloaded(): Error {
    return new Error(`bug: ${this.name} is not loaded`)
  }

  async #loadPackage(): Promise<BetterSqlite3Package> {
    const found = await this.#import()
    rejectOldNode(this.name)
    // Opening a database is what loads the addon.
    switchUrisOn()
    try {
      const database = new found(':memory:')
      this.#safety = threadsafety(database)
      database.close()
    } finally {
      restoreEnvironment()
    }
    return found
  }

  #openDatabase(target: HandleTarget): Database {
    try {
      const { filename, image } = target
      return new this.#loaded(image === undefined ? filename : Buffer.from(image), this.options(target))
    } catch (error) {
      // better-sqlite3 finds a missing directory itself.
      if (error instanceof TypeError) throw this.error('unable to open database file', 'SQLITE_CANTOPEN')
      throw error
    }
  }

  /** Asks SQLite itself, by a URI that names a database in memory: `PRAGMA compile_options` lists `USE_URI` either way. */
  #probeUris(): boolean {
    try {
      new this.#loaded('file:probe?mode=memory', { fileMustExist: true }).close()
      return true
    } catch {
      return false
    }
  }
}

/** The addon of better-sqlite3 13 ends the process with a segmentation fault in Node.js 20. */
function rejectOldNode(driver: LibraryName): void {
  const { node } = process.versions
  if (Number.parseInt(node, 10) >= OLDEST_NODE) return
  throw new DriverMissingError(
    `The driver '${driver}' needs Node.js 22.18 or newer, and this is Node.js ${node}.`,
  )
}

const OLDEST_NODE = 22

const MOST_ARGUMENTS = 100

/**
 * A native addon cannot tell how long a `DataView` is, and takes any length: that crashes the process, or leaves the connection
 * busy for ever. A `Float16Array` would be bound as an empty blob.
 */
function rejectUnknownViews(parameters: readonly unknown[], from: number): void {
  for (let i = from; i < parameters.length; i += 1) {
    const value = parameters[i]
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) continue
    if (UNKNOWN_VIEWS.has(Object.prototype.toString.call(value)))
      throw new TypeError('SQLite3 can only bind numbers, strings, bigints, buffers, and null')
  }
}

const UNKNOWN_VIEWS: ReadonlySet<string> = new Set(['[object DataView]', '[object Float16Array]'])

function isOpenDatabase(value: unknown): value is Database {
  return (
    typeof value === 'object' &&
    value !== null &&
    'prepare' in value &&
    'pragma' in value &&
    'open' in value &&
    value.open === true
  )
}
