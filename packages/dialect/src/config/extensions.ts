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

/** The same, checked. Whether there is such a file is known only where it is loaded. */
export interface CheckedExtension {
  /** In the config, such as `extensions[0]`. */
  readonly key: string
  readonly path: string | URL
  readonly entryPoint: string | undefined
}

export function checkExtensions(given: unknown): readonly CheckedExtension[] {
  if (given === undefined || given === null) return []
  if (!Array.isArray(given)) {
    throw new DialectConfigError(
      'extensions',
      `extensions must be a list, such as ['./vec0'], not ${describe(given)}.`,
    )
  }
  return given.map((each, index) => checkExtension(`extensions[${index}]`, each))
}

function checkExtension(key: string, given: unknown): CheckedExtension {
  if (!isPlainObject(given) || isUrl(given)) {
    return { key, path: checkPath(key, given), entryPoint: undefined }
  }
  rejectUnknownExtensionKeys(key, given)
  const { path, entryPoint } = given as Partial<ExtensionOptions>
  return {
    key: `${key}.path`,
    path: checkPath(`${key}.path`, path),
    entryPoint: checkEntryPoint(`${key}.entryPoint`, entryPoint),
  }
}

function checkPath(key: string, given: unknown): string | URL {
  if (isUrl(given)) return given
  if (typeof given === 'string' && given !== '' && !given.includes('\0')) return given
  throw notAPath(key, given)
}

/** The error for what is no path of a file. */
export function notAPath(key: string, given: unknown): DialectConfigError {
  return new DialectConfigError(
    key,
    `${key} must be the path or the file: URL of a file, not ${describe(given)}.`,
  )
}

function checkEntryPoint(key: string, given: unknown): string | undefined {
  if (given === undefined || given === null) return undefined
  if (typeof given === 'string' && /^\w+$/.test(given)) return given
  throw new DialectConfigError(key, `${key} must be the name of a C function, not ${describe(given)}.`)
}
