import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The absolute path; undefined for what SQLite would take for something else than a path. */
export function filePath(given: unknown): string | undefined {
  if (given instanceof URL) return given.protocol === 'file:' ? fileURLToPath(given) : undefined
  return typeof given === 'string' && !NO_PATH.test(given) ? resolve(given) : undefined
}

/** The end of a sentence about it. */
export const NO_FILE_PATH = 'must be the path of a file, or a file: URL object.'

const NO_PATH = /^\s*$|^(file|sqlite):|^:memory:$/i
