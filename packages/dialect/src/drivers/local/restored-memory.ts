import type { ResolvedConfig } from '../../config/resolved-config.ts'
import { RestoreError } from '../../errors/backup-errors.ts'
import { isSqliteError } from '../driver.ts'
import type { SqliteHandle } from './handle.ts'
import { openHandle } from './open-handle.ts'
import type { SqliteLibrary } from './sqlite-library.ts'

/**
 * Copies a file into shared memory that is empty.
 *
 * @param filename The name of the memory.
 */
export function copyIntoMemory(library: SqliteLibrary, path: string, filename: string): void {
  try {
    withFile(library, path, (source) => source.prepare('vacuum into ?').run([filename]))
  } catch (error) {
    const isNotEmpty = isSqliteError(error) && error.message.startsWith('output file already exists')
    throw isNotEmpty ? new RestoreError(path, NOT_EMPTY) : error
  }
}

/** The image that private memory opens with to have the content of a file. Undefined if nothing was created in that file yet. */
export function imageOfFile(
  library: SqliteLibrary,
  path: string,
  { creator }: ResolvedConfig,
): Uint8Array | undefined {
  if (creator !== undefined) throw new RestoreError(path, BY_CREATOR)
  const image = withFile(library, path, (source) => library.imageOf(source))
  if (image === undefined) throw new RestoreError(path, `${library.name} ${NO_IMAGES} ${USE_SHARED}`)
  if (image.length === 0) return undefined
  // “The application can set the file format version numbers (bytes 18 and 19) … to 0x01”: memory has no WAL,
  // https://www.sqlite.org/c3ref/deserialize.html
  return image.fill(1, 18, 20)
}

function withFile<T>(library: SqliteLibrary, path: string, use: (source: SqliteHandle) => T): T {
  const location = { kind: 'file', path } as const
  const target = { filename: path, readonly: true, fileMustExist: true, safeIntegers: false }
  const source = openHandle(library, {
    ...target,
    location,
    statementCacheSize: 0,
    key: undefined,
    extensions: [],
    pragmas: [],
    autocheckpoint: undefined,
    statementTimeout: 0,
    optimizes: false,
  })
  try {
    // Refused for what is no database.
    source.prepare('select 1 from sqlite_schema limit 1').all([])
    return use(source)
  } finally {
    source.close()
  }
}

const NO_IMAGES = 'of this Node.js version cannot fill a memory database from a file. A newer version can.'

const USE_SHARED = "Use shared memory, which can be restored: 'file:app?mode=memory&cache=shared'."

const NOT_EMPTY =
  'The shared memory database is not empty. Restore it before anything else writes to it, or use another name in the URL. Only ' +
  'private memory is replaced with its content.'

const BY_CREATOR = `The creator opens the memory database, and nothing else can. ${USE_SHARED} Or let the creator open the content of a file without WAL: new Database(readFileSync(path), options).`
