import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CheckedExtension, notAPath } from './extensions.ts'

/** An extension as data that can travel to another thread. */
export interface Extension {
  /** Absolute, unless the system is to look for it where it has its libraries. */
  readonly path: string
  readonly entryPoint: string | undefined
}

/**
 * Makes the paths absolute: a later `chdir` changes nothing.
 *
 * @throws DialectConfigError for a URL that names no file of this machine.
 */
export function extensionFiles(extensions: readonly CheckedExtension[]): readonly Extension[] {
  return extensions.map(({ key, path, entryPoint }) => ({
    path: typeof path === 'string' ? absolutePath(path) : pathOfUrl(key, path),
    entryPoint,
  }))
}

function pathOfUrl(key: string, url: URL): string {
  try {
    return fileURLToPath(url)
  } catch {
    throw notAPath(key, url)
  }
}

/** A mere name that is no file here is one for the system to find, as with SQLite itself. */
function absolutePath(path: string): string {
  const absolute = resolve(path)
  const isName = !/[/\\]/.test(path)
  return isName && existingFile(absolute) === undefined ? path : absolute
}

/** The file that SQLite loads for a path: it tries the path as it is, and then with the suffix. */
export function existingFile(path: string): string | undefined {
  return [path, path + LIBRARY_SUFFIX].find((file) => existsSync(file))
}

/** What the names of shared libraries end in here. */
export const LIBRARY_SUFFIX: string =
  process.platform === 'win32' ? '.dll' : process.platform === 'darwin' ? '.dylib' : '.so'
