import { fileUri } from '../../url/file-uri.ts'
import type { AccessMode, FileLocation, SqliteLocation } from '../../url/sqlite-location.ts'

/** What better-sqlite3's constructor is given to open a location. */
export interface OpenTarget {
  /** `:memory:`, `''`, an absolute path, or a `file:` URI. */
  readonly filename: string
  /** For the option of the same name. */
  readonly readonly: boolean
  /** For the option of the same name. */
  readonly fileMustExist: boolean
  /**
   * The file name is a URI, so the addon must have been loaded with `SQLITE_USE_URI=1`. Without it, SQLite creates a
   * file of that name.
   */
  readonly needsUri: boolean
}

/**
 * Lowers a location to better-sqlite3's constructor.
 *
 * - `mode` becomes an option. `cache` is dropped: better-sqlite3's build has no shared cache, and it has chosen the
 *   pool class already.
 * - Shared memory becomes a database of the memdb VFS, whose leading slash makes it one for the whole process. A name
 *   from `mode=memory&cache=shared` and the same name from `vfs=memdb` are one database here.
 * - What better-sqlite3 has no option for, and a name that it would trim, becomes a canonical `file:` URI.
 *
 * Sources: https://github.com/WiseLibs/better-sqlite3/blob/master/docs/api.md,
 * https://www.sqlite.org/src/file/src/memdb.c
 *
 * @param location with absolute paths, where it is a file
 */
export function openTarget(
  location: SqliteLocation,
  platform: NodeJS.Platform = process.platform,
): OpenTarget {
  switch (location.kind) {
    case 'memory':
      return Object.freeze({ filename: ':memory:', ...access(undefined), needsUri: false })
    case 'temporary':
      return Object.freeze({
        filename: location.vfs === undefined ? '' : `file:?vfs=${encodeURIComponent(location.vfs)}`,
        ...access(undefined),
        needsUri: location.vfs !== undefined,
      })
    case 'shared-memory':
      return Object.freeze({
        filename: `file:/${encodeURIComponent(location.name)}?vfs=memdb`,
        ...access(location.mode),
        needsUri: true,
      })
    case 'file':
      return Object.freeze({ ...fileTarget(location, platform), ...access(location.mode) })
    case 'server':
      throw new Error('bug: a server was to be opened in this process')
  }
}

function access(mode: AccessMode | undefined): Pick<OpenTarget, 'readonly' | 'fileMustExist'> {
  return { readonly: mode === 'ro', fileMustExist: mode === 'rw' }
}

function fileTarget(
  location: FileLocation,
  platform: NodeJS.Platform,
): Pick<OpenTarget, 'filename' | 'needsUri'> {
  const { path } = location
  const query = uriQuery(location)
  const isTrimmed = path.trim() !== path
  if (query === '' && !isTrimmed) return { filename: path, needsUri: false }
  return { filename: fileUri(path, platform) + query, needsUri: true }
}

function uriQuery(location: FileLocation): string {
  const parameters: string[] = []
  for (const key of ['immutable', 'nolock', 'psow'] as const) {
    const value = location[key]
    if (value !== undefined) parameters.push(`${key}=${value ? 1 : 0}`)
  }
  if (location.vfs !== undefined) parameters.push(`vfs=${encodeURIComponent(location.vfs)}`)
  if (location.modeof !== undefined) parameters.push(`modeof=${encodeURIComponent(location.modeof)}`)
  return parameters.length === 0 ? '' : `?${parameters.join('&')}`
}
