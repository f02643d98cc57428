import { refuseStrayFileName } from './file-name.ts'
import { encodedForFileUri } from './file-uri.ts'
import { refuseObviousMistakes } from './obvious-mistakes.ts'
import type { SqliteLocation } from './sqlite-location.ts'
import { configHome, URI_PARAMETERS } from './uri-parameters.ts'
import { urlFault } from './url-fault.ts'

/**
 * The location that a plain path names: a file, under exactly that name. Nothing is decoded.
 *
 * @param path neither empty nor `:memory:` nor a `file:` URI
 * @param url what the user wrote, for the error; the path may be only a part of it
 * @throws SqliteUrlError for what looks like a URL but is none to SQLite, which would create a file of that name:
 *   other schemes, schemes in upper case, parameters behind a path, `:memory` and its kin.
 */
export function plainPathLocation(path: string, url: string): SqliteLocation {
  refuseScheme(path, url)
  refuseObviousMistakes(url)
  refuseParameters(path, url)
  refuseStrayFileName(path, url)
  return Object.freeze({ kind: 'file', path })
}

/** A single letter is a Windows drive, and a path with a slash before the colon is just that. */
const SCHEME = /^([a-z][a-z0-9+.-]+):(.*)$/is

function refuseScheme(path: string, url: string): void {
  const [, scheme, rest] = SCHEME.exec(path) ?? []
  if (scheme === undefined || rest === undefined) return
  const known = /^(?:jdbc|file|sqlite3?(?:\+\w+)?|memory)$/i.test(scheme)
  throw urlFault(url, {
    reason: 'scheme',
    part: `${scheme}:`,
    problem: known
      ? `no URL of SQLite begins with '${scheme}:', so SQLite would create a file of that name`
      : `'${scheme}:' is not a scheme of SQLite. If it is part of a file name, write './' in front of it`,
    didYouMean: suggestUrl(scheme.toLowerCase(), rest),
  })
}

function suggestUrl(scheme: string, rest: string): string | undefined {
  if (rest.includes('@')) return undefined
  if (scheme === 'memory') return ':memory:'
  if (scheme === 'file') return `file:${rest}`
  const isSqlite = /^sqlite3?(?:\+\w+)?$/.test(scheme) || (scheme === 'jdbc' && /^sqlite:/i.test(rest))
  if (!isSqlite) return undefined
  const target = rest.replace(/^sqlite:/i, '')
  if (/^(?:\/\/)?$|^\/*:?memory:?$/i.test(target)) return ':memory:'
  if (target.startsWith('///')) return `sqlite:${target}`
  return `sqlite:///${target.replace(/^\/\//, '')}`
}

/** A `?` may be part of a file's name; with an assignment or one of SQLite's parameters behind it, it is no accident. */
function refuseParameters(path: string, url: string): void {
  const mark = path.indexOf('?')
  if (mark === -1) return
  const query = path.slice(mark + 1)
  const names = query
    .split('&')
    .filter((assignment) => /^\w+=/.test(assignment) || URI_PARAMETERS.includes(assignment))
    .map((assignment) => assignment.replace(/=.*$/s, ''))
  const [first] = names
  if (first === undefined) return
  const homeless = names.find((name) => configHome(name) !== undefined)
  const home = homeless === undefined ? undefined : configHome(homeless)
  throw urlFault(url, {
    reason: 'parameter',
    part: query,
    problem:
      home === undefined
        ? 'only a `file:` URI has parameters, so SQLite would take them for a part of the file name. If the name has a question mark, write `%3F` in a `file:` URI'
        : `'${homeless}' does not belong in the URL of a database: ${home}`,
    ...(names.every((name) => URI_PARAMETERS.includes(name))
      ? { didYouMean: `file:${encodedForFileUri(path.slice(0, mark))}?${query}` }
      : {}),
  })
}
