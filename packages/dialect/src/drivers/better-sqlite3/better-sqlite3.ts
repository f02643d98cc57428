import type BetterSqlite3 from 'better-sqlite3'
import type { Database } from 'better-sqlite3'
import { DriverMissingError } from '../../errors.ts'
import type { SqliteError } from '../driver.ts'
import { loadedFile } from '../local/loaded-file.ts'
import { SQLITE_PRAGMAS } from '../local/sqlite-pragmas.ts'
import type { AdoptedHandle, HandleTarget, SqliteLibrary } from '../local/sqlite-library.ts'
import { threadsafety, type ThreadSafety } from '../local/thread-safety.ts'
import { restoreEnvironment } from './uri-switch.ts'

/** The package, once it is loaded. */
let library: typeof BetterSqlite3 | undefined
let safety: ThreadSafety | undefined
let uris: boolean | undefined

/** https://github.com/WiseLibs/better-sqlite3 */
export const betterSqlite3: SqliteLibrary = {
  name: 'better-sqlite3',
  pragmas: SQLITE_PRAGMAS,

  async load(): Promise<void> {
    library ??= await loadPackage()
  },

  loadedFrom(): string | undefined {
    return loadedFile(loaded())
  },

  error(message: string, code: string): SqliteError {
    return new (loaded().SqliteError)(message, code)
  },

  open(target: HandleTarget): Database {
    const database = openDatabase(target)
    return target.safeIntegers ? database.defaultSafeIntegers(true) : database
  },

  adopt(created: unknown, safeIntegers: boolean): AdoptedHandle | undefined {
    if (!isOpenDatabase(created)) return undefined
    created.pragma('busy_timeout = 0')
    if (safeIntegers) created.defaultSafeIntegers(true)
    const isOfThisCopy = created instanceof loaded()
    return {
      handle: created,
      openedAs: isOfThisCopy ? created.name : undefined,
      isReadonly: created.readonly,
    }
  },

  readsUris(): boolean {
    return (uris ??= probeUris())
  },

  threadSafety(): ThreadSafety {
    return (safety ??= askThreadSafety())
  },
}

function loaded(): typeof BetterSqlite3 {
  if (library === undefined) throw new Error('bug: better-sqlite3 is not loaded')
  return library
}

async function loadPackage(): Promise<typeof BetterSqlite3> {
  let found: typeof BetterSqlite3
  try {
    found = (await import('better-sqlite3')).default
  } catch (error) {
    throw new DriverMissingError('better-sqlite3', error)
  }
  // Opening a database is what loads the addon.
  new found(':memory:').close()
  restoreEnvironment()
  return found
}

function openDatabase({ filename, readonly, fileMustExist }: HandleTarget): Database {
  try {
    return new (loaded())(filename, { readonly, fileMustExist, timeout: 0 })
  } catch (error) {
    // better-sqlite3 finds a missing directory itself.
    if (error instanceof TypeError)
      throw betterSqlite3.error('unable to open database file', 'SQLITE_CANTOPEN')
    throw error
  }
}

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

/**
 * Asks SQLite itself, by a URI that names a database in memory: `PRAGMA compile_options` lists `USE_URI` either way.
 */
function probeUris(): boolean {
  try {
    new (loaded())('file:probe?mode=memory', { fileMustExist: true }).close()
    return true
  } catch {
    return false
  }
}

function askThreadSafety(): ThreadSafety {
  const database = new (loaded())(':memory:')
  try {
    return threadsafety(database)
  } finally {
    database.close()
  }
}
