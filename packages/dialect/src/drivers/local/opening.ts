import type { DatabaseCreator } from '../../config/database-creator.ts'
import type { Extension } from '../../config/extension-files.ts'
import type { ConfigPragma } from '../../config/pragmas.ts'
import type { SqliteLocation } from '../../url/sqlite-location.ts'
import { createdHandle } from './created-handle.ts'
import { loadExtensions, registerVfs } from './load-extensions.ts'
import { LocalConnection } from './local-connection.ts'
import { openHandle } from './open-handle.ts'
import { rejectWritable } from './reject-writable.ts'
import { unlock } from './unlock.ts'
import { setPragmas } from './set-pragmas.ts'
import type { HandleTarget, SqliteLibrary } from './sqlite-library.ts'

/** All that it takes to open a connection, as data that can travel to another thread. */
export interface Opening extends HandleTarget {
  readonly location: SqliteLocation
  readonly statementCacheSize: number
  /** What its file is encrypted with. */
  readonly key: Uint8Array | undefined
  readonly extensions: readonly Extension[]
  readonly pragmas: readonly ConfigPragma[]
  /** In milliseconds; 0: none. */
  readonly statementTimeout: number
  /** It renews the statistics of the database when it is closed. */
  readonly optimizes: boolean
}

/** Opens one connection in the calling thread, gives it its key, loads its extensions and sets its pragmas, all of it or nothing. */
export function openLocalConnection(
  library: SqliteLibrary,
  opening: Opening,
  label: string,
  creator: DatabaseCreator | undefined,
): LocalConnection {
  registerVfs(library, opening)
  const handle =
    creator === undefined ? openHandle(library, opening) : createdHandle(creator, library, opening)
  try {
    unlock(library, handle, opening)
    if (creator !== undefined && opening.readonly) rejectWritable(handle)
    loadExtensions(handle, opening.extensions)
    setPragmas(handle, opening.pragmas)
  } catch (error) {
    handle.close()
    throw error
  }
  const isShared = creator !== undefined || opening.extensions.length > 0
  return new LocalConnection(handle, label, opening.statementCacheSize, library, { ...opening, isShared })
}
