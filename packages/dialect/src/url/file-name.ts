import { urlFault } from './url-fault.ts'

const BEGINS_LIKE_A_URL = /^\s*(?:file|sqlite):/i

/**
 * Refuses names that can only be a mistake: SQLite would create a stray file, and the data would seem to be lost.
 *
 * @param path the decoded path, not empty and not `:memory:`
 * @param url what the user wrote, for the error
 * @throws SqliteUrlError for a path that begins with `file:` or `sqlite:`, as a whole or in its last part; that begins
 *   with `:`, which SQLite reserves; whose last part is `:memory:`; or that names a directory.
 *
 * Source for the colon: https://www.sqlite.org/c3ref/open.html
 */
export function refuseStrayFileName(path: string, url: string): void {
  const lastPart = nameThatWouldBeCreated(path, '/')
  const suspect = [path, lastPart, nameThatWouldBeCreated(path, /[/\\]/)].find((name) =>
    BEGINS_LIKE_A_URL.test(name),
  )
  if (suspect !== undefined) {
    throw urlFault(url, {
      reason: 'name',
      part: path,
      problem: `SQLite would create a file whose name begins like a URL ('${suspect}')`,
    })
  }
  if (/^\s*:?memory:\s*$|^\s*:memory:?\s*$/i.test(lastPart)) {
    throw urlFault(url, {
      reason: 'name',
      part: path,
      problem: `SQLite would create a file '${lastPart}' on disk. Write a memory database as ':memory:' or 'file::memory:', in lower case and without a directory. A URL object adds a directory, so pass a string`,
      didYouMean: url.startsWith('file:') ? 'file::memory:' : ':memory:',
    })
  }
  if (path.startsWith(':')) {
    throw urlFault(url, {
      reason: 'name',
      part: path,
      problem:
        'SQLite reserves names that begin with a colon. If a file has that name, write `./` in front of it',
      ...(/^:mem/i.test(path) ? { didYouMean: ':memory:' } : {}),
    })
  }
  if (/(?:^|\/)\.{0,2}$/.test(path)) {
    throw urlFault(url, { reason: 'name', part: path, problem: `'${path}' names a directory, not a file` })
  }
}

/** The last part of the path, after SQLite has removed `.`, `..` and doubled or trailing slashes. */
function nameThatWouldBeCreated(path: string, separator: string | RegExp): string {
  const parts: string[] = []
  for (const part of path.split(separator)) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.at(-1) ?? ''
}
