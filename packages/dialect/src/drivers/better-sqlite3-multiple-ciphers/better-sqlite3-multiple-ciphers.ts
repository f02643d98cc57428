import { DriverMissingError } from '../../errors.ts'
import { type BetterSqlite3Package, BetterSqlite3Library } from '../better-sqlite3/better-sqlite3-library.ts'
import type { SqliteHandle } from '../local/handle.ts'
import type { SqliteLibrary } from '../local/sqlite-library.ts'

/** https://github.com/m4heshd/better-sqlite3-multiple-ciphers */
class CipherLibrary extends BetterSqlite3Library {
  setKey(handle: SqliteHandle, key: Uint8Array): void {
    ;(handle as CipherHandle).key(Buffer.from(key))
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
