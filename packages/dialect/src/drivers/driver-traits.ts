import { SQLITE_PRAGMAS } from './sqlite-pragmas.ts'

/** The drivers that hold SQLite in this process. */
export type LibraryName = 'better-sqlite3' | 'better-sqlite3-multiple-ciphers' | 'node:sqlite'

/** The drivers that a config can name. */
export type DriverName = LibraryName | 'libsql-server'

/** What a config has to know of a driver. It loads nothing, so it can be asked anywhere, in a browser too. */
export interface DriverTraits {
  readonly name: DriverName
  /** The pragmas that a config may set, in lower case. */
  readonly pragmas: readonly string[]
  /** It can keep a file encrypted, and takes a key. */
  readonly encrypts: boolean
  /** It reaches servers, and no other databases. Others reach none. */
  readonly isForServers: boolean
}

/** By the names that a config gives the drivers. */
export const DRIVER_TRAITS: Readonly<Record<DriverName, DriverTraits>> = {
  'better-sqlite3': { name: 'better-sqlite3', pragmas: SQLITE_PRAGMAS, encrypts: false, isForServers: false },
  'better-sqlite3-multiple-ciphers': {
    name: 'better-sqlite3-multiple-ciphers',
    pragmas: SQLITE_PRAGMAS,
    encrypts: true,
    isForServers: false,
  },
  'node:sqlite': { name: 'node:sqlite', pragmas: SQLITE_PRAGMAS, encrypts: false, isForServers: false },
  'libsql-server': { name: 'libsql-server', pragmas: [], encrypts: false, isForServers: true },
}
