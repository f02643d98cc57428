import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The absolute path; undefined for what SQLite would take for something else than a path. */
export function filePath(given: unknown): string | undefined {
  const path = given instanceof URL ? pathOf(given) : given
  return typeof path === 'string' && !NO_PATH.test(path) ? resolve(path) : undefined
}

function pathOf(url: URL): string | undefined {
  return url.protocol === 'file:' ? fileURLToPath(url) : undefined
}

/** The end of a sentence about it. */
export const NO_FILE_PATH = 'must be the path of a file, or a file: URL object.'

/** What ends in a slash is a directory. */
const NO_PATH = /^\s*$|^(file|sqlite):|^:memory:$|\/$/i
