import { didYouMean } from '@poolclass/pools/did-you-mean'
import type { ServerLocation } from './sqlite-location.ts'
import { urlFault, type UrlFault } from './url-fault.ts'

/** Whether the text begins as the URL of a libSQL server does. */
export function isServerUrl(text: string): boolean {
  return /^(?:libsql|https?):/.test(text)
}

/**
 * The server that a URL names.
 *
 * `libsql:` means `https:`, or `http:` with `tls=0`, which then needs a port, as Turso's clients have it. The token of `authToken=` is
 * not part of the location: see `authTokenIn`.
 *
 * @throws SqliteUrlError
 */
export function serverLocation(url: string): ServerLocation {
  const parsed = parse(url)
  for (const name of parsed.searchParams.keys()) {
    if (!PARAMETERS.includes(name)) throw unknownParameter(url, name)
    if (parsed.searchParams.getAll(name).length > 1)
      throw fault(url, 'conflict', name, `'${name}' is given more than once`)
  }
  const protocol = protocolOf(url, parsed)
  const { origin, pathname } = new URL(`${protocol}//${parsed.host}${parsed.pathname}`)
  return Object.freeze({ kind: 'server', url: `${origin}${pathname.replace(/\/+$/, '')}` })
}

/** The token in a valid URL of a server, if it has one. */
export function authTokenIn(url: string | URL): string | undefined {
  return new URL(url).searchParams.get('authToken') ?? undefined
}

function parse(url: string): URL {
  if (!isServerUrl(url))
    throw fault(url, 'scheme', url, 'the URL of a server begins with libsql:, https: or http:')
  if (!/^[a-z]+:\/\/[^/?#]/.test(url) || !URL.canParse(url)) {
    throw fault(
      url,
      'authority',
      url,
      'the name of the server must follow `//`, such as libsql://host or http://127.0.0.1:8080/path',
    )
  }
  const parsed = new URL(url)
  if (parsed.username !== '' || parsed.password !== '') {
    const part = `${parsed.username}:***@`
    throw fault(
      url,
      'authority',
      part,
      'a libSQL server has no users and passwords. Set its token in connectArgs.authToken',
    )
  }
  if (url.includes('#')) throw fault(url, 'fragment', parsed.hash, 'the URL of a server has no fragment')
  return parsed
}

function protocolOf(url: string, { protocol, port, searchParams }: URL): 'https:' | 'http:' {
  const tls = searchParams.get('tls')
  if (tls !== null && tls !== '0' && tls !== '1')
    throw fault(url, 'value', `tls=${tls}`, `'tls' is 1 or 0, not '${tls}'`)
  if (protocol !== 'libsql:') {
    const isSecure = protocol === 'https:'
    if (tls !== null && (tls === '1') !== isSecure)
      throw fault(url, 'conflict', `tls=${tls}`, `'tls=${tls}' contradicts '${protocol}'`)
    return isSecure ? 'https:' : 'http:'
  }
  if (tls !== '0') return 'https:'
  if (port === '')
    throw fault(
      url,
      'authority',
      `tls=0`,
      "'libsql:' without TLS has no default port. Add one, such as libsql://host:8080?tls=0",
    )
  return 'http:'
}

function unknownParameter(url: string, name: string): Error {
  return urlFault(url, {
    reason: 'parameter',
    part: name,
    problem: `unknown parameter '${name}': the URL of a server can have ${PARAMETERS.join(' and ')}. Set everything else in the config`,
    didYouMean: didYouMean(name, PARAMETERS),
  })
}

function fault(url: string, reason: UrlFault['reason'], part: string, problem: string): Error {
  return urlFault(url, { reason, part, problem })
}

const PARAMETERS: readonly string[] = ['authToken', 'tls']
