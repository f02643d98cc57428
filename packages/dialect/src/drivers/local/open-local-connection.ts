import type { DatabaseCreator } from '../../config/database-creator.ts'
import { createdHandle } from './created-handle.ts'
import { loadExtensions, registerVfs } from './load-extensions.ts'
import { LocalConnection } from './local-connection.ts'
import { openHandle } from './open-handle.ts'
import type { Opening } from './opening.ts'
import { rejectWritable } from './reject-writable.ts'
import { setPragmas } from './set-pragmas.ts'
import type { SqliteLibrary } from './sqlite-library.ts'
import { unlock } from './unlock.ts'

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
