import type { Copying } from '../../connection/connection.ts'
import { DriverMissingError, UriSupportError } from '../../errors/driver-errors.ts'
import { type BetterSqlite3Package, BetterSqlite3Library } from '../better-sqlite3/better-sqlite3-library.ts'
import type { SqliteHandle } from '../local/handle.ts'
import type { SqliteLibrary } from '../local/sqlite-library.ts'

/** https://github.com/m4heshd/better-sqlite3-multiple-ciphers */
class CipherLibrary extends BetterSqlite3Library {
  /** Of the handles that have one. */
  readonly #keys: WeakMap<SqliteHandle, Buffer> = new WeakMap()

  setKey(handle: SqliteHandle, key: Uint8Array): void {
    const bytes = Buffer.from(key)
    ;(handle as CipherHandle).key(bytes)
    this.#keys.set(handle, bytes)
  }

  /** Pages of an encrypted database are copied only into a file of the same key, which a URI can give it. */
  override async copy(handle: SqliteHandle, file: string, copying: Copying): Promise<void> {
    const key = this.#keys.get(handle)
    if (key === undefined) return await super.copy(handle, file, copying)
    if (!this.readsUris()) throw new UriSupportError(file)
    // better-sqlite3 would look for a directory in front of a slash.
    const uri = `file:${encodeURIComponent(file)}?hexkey=${key.toString('hex')}`
    await super.copy(handle, uri, copying)
  }
}

/** What its handles have besides. */
interface CipherHandle extends SqliteHandle {
  key(key: Buffer): unknown
}

export const betterSqlite3MultipleCiphers: SqliteLibrary = new CipherLibrary(
  'better-sqlite3-multiple-ciphers',
  importPackage,
)

/** Inside of `try`, so that bundlers accept that it is not installed. webpack would warn nevertheless, and cannot bundle it anyway. */
async function importPackage(): Promise<BetterSqlite3Package> {
  try {
    return (await import(/* webpackIgnore: true */ 'better-sqlite3-multiple-ciphers'))
      .default as BetterSqlite3Package
  } catch (error) {
    throw DriverMissingError.ofPackage('better-sqlite3-multiple-ciphers', error)
  }
}
