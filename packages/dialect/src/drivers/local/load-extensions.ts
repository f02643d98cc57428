import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { existingFile, type Extension, LIBRARY_SUFFIX } from '../../config/extension-files.ts'
import { ExtensionError } from '../../errors/driver-errors.ts'
import type { SqliteHandle } from './handle.ts'
import type { Opening } from './opening.ts'
import { builtFor, FORMAT } from './shared-library.ts'
import type { SqliteLibrary } from './sqlite-library.ts'

/** @throws ExtensionError */
export function loadExtensions(handle: SqliteHandle, extensions: readonly Extension[]): void {
  for (const extension of extensions) loadExtension(handle, extension)
}

/** A VFS has to be there before a database is opened that names it, and only an open database loads extensions. */
export function registerVfs(library: SqliteLibrary, { location, extensions }: Opening): void {
  if (extensions.length === 0 || !('vfs' in location)) return
  const handle = library.open({
    filename: ':memory:',
    readonly: false,
    fileMustExist: false,
    safeIntegers: false,
  })
  try {
    loadExtensions(handle, extensions)
  } finally {
    handle.close()
  }
}

function loadExtension(handle: SqliteHandle, { path, entryPoint }: Extension): void {
  const file = isAbsolute(path) ? existingFile(path) : undefined
  try {
    const name = file === undefined ? path : loadableName(file)
    if (entryPoint === undefined) handle.loadExtension(name)
    else handle.loadExtension(name, entryPoint)
  } catch (error) {
    const why = whyNot(path, file) ?? (error as Error).message
    throw new ExtensionError(`Cannot load the extension ${file ?? path}: ${why}.`, { cause: error })
  }
}

/** SQLite tells the fault of the last name that it tries, which is the one with the suffix. */
function loadableName(file: string): string {
  const bare = file.endsWith(LIBRARY_SUFFIX) ? file.slice(0, -LIBRARY_SUFFIX.length) : file
  return existsSync(bare) ? file : bare
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    return false
  }
}

/** What is plain to see, and what the system says unclearly or not at all. */
function whyNot(path: string, file: string | undefined): string | undefined {
  if (file === undefined)
    return isAbsolute(path) ? `there is no such file, with or without ${LIBRARY_SUFFIX}` : undefined
  if (statSync(file).isDirectory()) return 'it is a directory'
  if (!isReadable(file)) return 'this process may not read it'
  const { format, machines } = builtFor(file)
  if (format === undefined) return 'it is not a shared library'
  if (format === FORMAT && machines.includes(process.arch)) return undefined
  return `it was built for ${machines.join(' and ')} (${format}), and this process is ${process.arch} (${FORMAT})`
}
