import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe } from '../describe.ts'
import { DialectConfigError } from '../errors/config-errors.ts'
import { isUrl } from '../url/parse-sqlite-url.ts'
import { rejectUnknownExtensionKeys } from './known-keys.ts'
import { isPlainObject } from './option-checks.ts'

/** A loadable extension of SQLite, https://www.sqlite.org/loadext.html */
export interface ExtensionOptions {
  /** The file, with or without the suffix of the platform (`.so`, `.dylib`, `.dll`). */
  path: string | URL
  /** The C function to begin with. Default is the one that SQLite derives from the name of the file. */
  entryPoint?: string | null | undefined
}

/** The same, checked, as data that can travel to another thread. */
export interface Extension {
  /** Absolute, unless the system is to look for it where it has its libraries. */
  readonly path: string
  readonly entryPoint: string | undefined
}

/** Checks the list and makes its paths absolute: a later `chdir` changes nothing. */
export function resolveExtensions(given: unknown): readonly Extension[] {
  if (given === undefined || given === null) return []
  if (!Array.isArray(given)) {
    throw new DialectConfigError(
      'extensions',
      `extensions must be a list, such as ['./vec0'], not ${describe(given)}.`,
    )
  }
  return given.map((each, index) => resolveExtension(`extensions[${index}]`, each))
}

function resolveExtension(key: string, given: unknown): Extension {
  if (!isPlainObject(given) || isUrl(given)) return { path: resolvePath(key, given), entryPoint: undefined }
  rejectUnknownExtensionKeys(key, given)
  const { path, entryPoint } = given as Partial<ExtensionOptions>
  return {
    path: resolvePath(`${key}.path`, path),
    entryPoint: resolveEntryPoint(`${key}.entryPoint`, entryPoint),
  }
}

function resolvePath(key: string, given: unknown): string {
  const fromUrl = isUrl(given) ? pathOfUrl(given) : undefined
  if (fromUrl !== undefined) return fromUrl
  if (typeof given === 'string' && given !== '' && !given.includes('\0')) return absolutePath(given)
  throw new DialectConfigError(
    key,
    `${key} must be the path or the file: URL of a file, not ${describe(given)}.`,
  )
}

/** Undefined for a URL that names no file of this machine. */
function pathOfUrl(url: URL): string | undefined {
  try {
    return fileURLToPath(url)
  } catch {
    return undefined
  }
}

/** A mere name that is no file here is one for the system to find, as with SQLite itself. */
function absolutePath(path: string): string {
  const absolute = resolve(path)
  const isName = !/[/\\]/.test(path)
  return isName && existingFile(absolute) === undefined ? path : absolute
}

function resolveEntryPoint(key: string, given: unknown): string | undefined {
  if (given === undefined || given === null) return undefined
  if (typeof given === 'string' && /^\w+$/.test(given)) return given
  throw new DialectConfigError(key, `${key} must be the name of a C function, not ${describe(given)}.`)
}

/** The file that SQLite loads for a path: it tries the path as it is, and then with the suffix. */
export function existingFile(path: string): string | undefined {
  return [path, path + LIBRARY_SUFFIX].find((file) => existsSync(file))
}

/** What the names of shared libraries end in here. */
export const LIBRARY_SUFFIX: string =
  process.platform === 'win32' ? '.dll' : process.platform === 'darwin' ? '.dylib' : '.so'
