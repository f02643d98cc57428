import type { Copying } from '../../connection/connection.ts'
import type { ConstructorOptions } from '../../config/database-creator.ts'
import type { SqliteErrorFactory } from '../driver.ts'
import type { LibraryName } from '../driver-traits.ts'
import type { SqliteHandle } from './handle.ts'
import type { ThreadSafety } from './thread-safety.ts'

/**
 * A package that holds SQLite in this process. Everything but `load` needs the package, and so `load` before it.
 */
export interface SqliteLibrary {
  readonly name: LibraryName
  /** @throws DriverMissingError */
  load(): Promise<void>
  /** The file that it was loaded from; undefined where it is in no file of its own. */
  loadedFrom(): string | undefined
  /** Of the package; undefined where it is in no file of its own. */
  version(): string | undefined
  readonly error: SqliteErrorFactory
  /** What its constructor takes to open a target; the file of one that must exist does. */
  options(target: HandleTarget): ConstructorOptions
  /** Opens a database that never waits for a lock: SQLite's own wait would block the thread. */
  open(target: HandleTarget): SqliteHandle
  /** Copies the main database of a handle into an empty file, in steps between which the event loop turns. */
  copy(handle: SqliteHandle, file: string, copying: Copying): Promise<void>
  /** A database as the bytes that memory can be opened with; undefined where it cannot be. */
  imageOf(handle: SqliteHandle): Uint8Array | undefined
  /** Makes a handle of the user's like those of `open`; undefined where it is no open one. */
  adopt(created: unknown, safeIntegers: boolean): AdoptedHandle | undefined
  /**
   * Called before a statement runs. Whether the library's own statements take these parameters one by one, as arguments. That is
   * quicker than to read them from an array.
   *
   * @throws TypeError as for any other value that cannot be bound, for values that the library itself does not refuse as it should.
   */
  takesOneByOne?(parameters: readonly unknown[]): boolean
  /** Gives a handle the key of its file, before any statement. Absent where it cannot encrypt. */
  setKey?(handle: SqliteHandle, key: Uint8Array): void
  /** Whether file names that begin with `file:` are URIs. Otherwise SQLite creates a file that is called so. */
  readsUris(): boolean
  threadSafety(): ThreadSafety
}

/** A handle that the user has opened. */
export interface AdoptedHandle {
  readonly handle: SqliteHandle
  /**
   * The name that this library was given for it; undefined where it does not remember, or where the handle is from another
   * copy, which may read names in another way.
   */
  readonly openedAs: string | undefined
}

export interface HandleTarget {
  /** As `OpenTarget` has it. */
  readonly filename: string
  readonly readonly: boolean
  readonly fileMustExist: boolean
  /** Integers arrive as bigints. */
  readonly safeIntegers: boolean
  /** What private memory holds when it is opened; absent where that is nothing. */
  readonly image?: Uint8Array
}
