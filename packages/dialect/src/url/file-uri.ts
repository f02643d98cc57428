import { urlFault } from './url-fault.ts'

/** A `file:` URI taken apart and decoded; nothing in it has been interpreted yet. */
export interface FileUri {
  /** The file name for SQLite; empty means a temporary database. */
  readonly name: string
  /** In the order of the URI, repeated ones included. A parameter without `=` has the value `''`. */
  readonly parameters: readonly (readonly [name: string, value: string])[]
}

/**
 * Takes a `file:` URI apart exactly as SQLite does: an empty or `localhost` authority, `%HH` decoded and any other
 * `%` left alone, no parameters with an empty name.
 *
 * @param uri begins with `file:`
 * @param url what the user wrote, for the error; the URI may be only a part of it
 * @throws SqliteUrlError for another authority, for a fragment, for a NUL and for bytes that are not UTF-8; SQLite
 *   would cut a name short at `#` and at `%00`, and open names that a JavaScript string cannot hold.
 *
 * Source: https://www.sqlite.org/uri.html
 */
export function parseFileUri(uri: string, url: string): FileUri {
  const hierarchy = withoutAuthority(uri, url)
  if (hierarchy.includes('#')) throw fragmentFault(uri, url)
  const [encodedName, query] = cut(hierarchy, '?')
  const name = decode(encodedName, url)
  const parameters = query
    .split('&')
    .map((assignment) => cut(assignment, '='))
    .filter(([key]) => key !== '')
    .map(([key, value]) => [decode(key, url), decode(value, url)] as const)
  return { name, parameters }
}

function withoutAuthority(uri: string, url: string): string {
  const rest = uri.slice('file:'.length)
  if (!rest.startsWith('//')) return rest
  // SQLite looks for the slash alone: neither `?` nor `#` ends the authority.
  const slash = rest.indexOf('/', 2)
  const authority = slash === -1 ? rest.slice(2) : rest.slice(2, slash)
  const path = slash === -1 ? '' : rest.slice(slash)
  if (authority === '' || authority === 'localhost') return path
  throw urlFault(url, {
    reason: 'authority',
    part: authority,
    problem:
      'SQLite takes the part between `//` and the next `/` for a host, and accepts only `localhost`. Write a relative path as `file:app.db`, and an absolute one as `file:///srv/app.db`',
    didYouMean: suggestPath(authority, path),
  })
}

function suggestPath(authority: string, path: string): string | undefined {
  if (authority.includes('@')) return undefined
  if (authority.toLowerCase() === 'localhost') return `file://localhost${path}`
  if (/^[a-z]:$/i.test(authority)) return `file:///${authority}${path}`
  return `file:${authority}${path}`
}

/** A `#` in front of the parameters is meant to be part of the name; behind them, it is meant to be a fragment. */
function fragmentFault(uri: string, url: string): Error {
  const [, fragment = ''] = cut(uri, '#')
  const [path, query] = cut(url, '?')
  const [parameters] = cut(query, '#')
  return urlFault(url, {
    reason: 'fragment',
    part: `#${fragment}`,
    problem: `SQLite ignores what follows a '#'. If it is part of the file name, write '%23'`,
    didYouMean: path.replaceAll('#', '%23') + (query === '' ? '' : `?${parameters}`),
  })
}

/** The path as the name in a `file:` URI. */
export function encodedForFileUri(path: string): string {
  return path.replace(/[%#?]/g, encodeURIComponent)
}

/** Cuts at the first occurrence of the separator; the second half is empty where there is none. */
function cut(text: string, separator: string): [before: string, after: string] {
  const index = text.indexOf(separator)
  return index === -1 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)]
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decode(text: string, url: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (octets) => {
    const bytes = Uint8Array.from(octets.slice(1).split('%'), (hex) => Number.parseInt(hex, 16))
    if (bytes.includes(0)) {
      throw urlFault(url, { reason: 'encoding', part: text, problem: 'a name cannot contain a NUL (`%00`)' })
    }
    try {
      return UTF8.decode(bytes)
    } catch {
      throw urlFault(url, { reason: 'encoding', part: octets, problem: `'${octets}' is not UTF-8` })
    }
  })
}

/** The URI of a file, without parameters. */
export function fileUri(absolutePath: string, platform: NodeJS.Platform): string {
  const path = platform === 'win32' ? absolutePath.replaceAll('\\', '/') : absolutePath
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  return encoded.startsWith('/') ? `file://${encoded}` : `file:///${encoded}`
}
