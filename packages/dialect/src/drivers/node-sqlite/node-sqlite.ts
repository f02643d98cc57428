import type { DatabaseSync } from 'node:sqlite'
import type { ConstructorOptions } from '../../config/database-creator.ts'
import type { Copying } from '../../connection/connection.ts'
import { DriverMissingError } from '../../errors/driver-errors.ts'
import { fileUri } from '../../url/file-uri.ts'
import type { SqliteHandle } from '../local/handle.ts'
import type { AdoptedHandle, HandleTarget, SqliteLibrary } from '../local/sqlite-library.ts'
import { threadsafety, type ThreadSafety } from '../local/thread-safety.ts'
import { NodeSqliteHandle } from './node-sqlite-handle.ts'
import { SqliteError } from '../sqlite-error.ts'
import { understood } from './sqlite-error.ts'

type NodeSqlite = typeof import('node:sqlite')

/** The module, once it is loaded. */
let library: NodeSqlite | undefined
let safety: ThreadSafety | undefined

/** https://nodejs.org/api/sqlite.html */
export const nodeSqlite: SqliteLibrary = {
  name: 'node:sqlite',

  async load(): Promise<void> {
    library ??= builtIn()
  },

  loadedFrom(): undefined {},

  version(): string {
    return process.versions.node
  },

  error(message: string, code: string): SqliteError {
    return new SqliteError(message, code)
  },

  options({ readonly }: HandleTarget): ConstructorOptions {
    return {
      readOnly: readonly,
      timeout: 0,
      // Otherwise some pragmas do nothing, and say nothing: https://www.sqlite.org/c3ref/c_dbconfig_defensive.html
      defensive: false,
      allowExtension: loadsExtensions(),
    }
  },

  open(target: HandleTarget): NodeSqliteHandle {
    return new NodeSqliteHandle(openDatabase(target), target.safeIntegers).countPreparations()
  },

  async copy(handle: SqliteHandle, file: string, { pagesPerStep, onStep }: Copying): Promise<void> {
    const { own } = handle as NodeSqliteHandle
    let totalPages: number
    try {
      totalPages = await loaded().backup(own, file, { rate: pagesPerStep, progress: onStep })
    } catch (error) {
      throw understood(error)
    }
    onStep({ totalPages, remainingPages: 0 })
  },

  /** Node.js 24.16 is the first that can. */
  imageOf(handle: SqliteHandle): Uint8Array | undefined {
    const { own } = handle as NodeSqliteHandle
    return 'serialize' in own ? own.serialize() : undefined
  },

  adopt(created: unknown, safeIntegers: boolean): AdoptedHandle | undefined {
    if (!(created instanceof loaded().DatabaseSync) || !created.isOpen) return undefined
    forbidExtensions(created)
    const handle = new NodeSqliteHandle(created, safeIntegers)
    handle.pragma('busy_timeout = 0')
    return { handle, openedAs: undefined }
  },

  readsUris(): boolean {
    return true
  },

  threadSafety(): ThreadSafety {
    return (safety ??= askThreadSafety())
  },
}

function loaded(): NodeSqlite {
  if (library === undefined) throw new Error('bug: node:sqlite is not loaded')
  return library
}

/** Not by an `import`: bundlers leave this alone, and a runtime without the module says nothing before it is used. */
function builtIn(): NodeSqlite {
  const found = process.getBuiltinModule?.('node:sqlite') as NodeSqlite | undefined
  if (found !== undefined) return found
  throw new DriverMissingError(
    "The driver 'node:sqlite' is part of Node.js from version 22.13 on, and this is " +
      `${RUNTIME}. Use that, or driver: 'better-sqlite3'.`,
  )
}

function openDatabase(target: HandleTarget): DatabaseSync {
  try {
    const database = new (loaded().DatabaseSync)(nameToOpen(target), nodeSqlite.options(target))
    forbidExtensions(database)
    if (target.image !== undefined) database.deserialize(target.image)
    return database
  } catch (error) {
    throw understood(error)
  }
}

/** As SQL, until the config's are loaded. */
function forbidExtensions(database: DatabaseSync): void {
  if (loadsExtensions()) database.enableLoadExtension(false)
}

/** Refused where Node.js runs with its permission model, and unknown to Deno. */
function loadsExtensions(): boolean {
  return process.permission === undefined && 'enableLoadExtension' in loaded().DatabaseSync.prototype
}

/** `node:sqlite` has no option that forbids to create a file. SQLite has, in a URI. */
function nameToOpen({ filename, readonly, fileMustExist }: HandleTarget): string {
  if (!fileMustExist || readonly || filename === ':memory:' || filename === '') return filename
  const uri = filename.startsWith('file:') ? filename : fileUri(filename, process.platform)
  return `${uri}${uri.includes('?') ? '&' : '?'}mode=rw`
}

function askThreadSafety(): ThreadSafety {
  const handle = nodeSqlite.open({
    filename: ':memory:',
    readonly: false,
    fileMustExist: false,
    safeIntegers: false,
  })
  try {
    return threadsafety(handle)
  } finally {
    handle.close()
  }
}

const { bun, deno, node } = process.versions
const RUNTIME = bun === undefined ? (deno === undefined ? `Node.js ${node}` : `Deno ${deno}`) : `Bun ${bun}`
