import { describe } from '../describe.ts'
import { DialectConfigError } from '../errors/config-errors.ts'
import { authTokenIn, serverLocation } from '../url/server-url.ts'
import type { ServerLocation, SqliteLocation } from '../url/sqlite-location.ts'
import type { ConnectArgs } from './connect-args.ts'
import type { PooledSqliteDialectConfig } from './dialect-config.ts'
import { boolean, isPlainObject, wholeNumber } from './option-checks.ts'

/** What `connectArgs` has for a server alone. */
export type ServerArg =
  | 'authToken'
  | 'replicas'
  | 'readYourWrites'
  | 'requestTimeout'
  | 'headers'
  | 'tokenWithoutTls'

export const SERVER_ARGS: readonly ServerArg[] = [
  'authToken',
  'replicas',
  'readYourWrites',
  'requestTimeout',
  'headers',
  'tokenWithoutTls',
]

/** How to reach a server, every value checked. */
export interface ServerOptions {
  /** Without a slash at its end. */
  readonly url: string
  readonly replicas: readonly string[]
  /** The token among them. */
  readonly headers: Readonly<Record<string, string>>
  readonly readYourWrites: boolean
  /** In milliseconds. */
  readonly requestTimeout: number
}

/**
 * @returns undefined where the location is no server.
 * @throws DialectConfigError, and SqliteUrlError for the URL of a replica. No message shows the token.
 */
export function resolveServerOptions(
  { url, connectArgs }: PooledSqliteDialectConfig,
  location: SqliteLocation,
): ServerOptions | undefined {
  const args: ConnectArgs = connectArgs ?? {}
  if (location.kind !== 'server') return rejectServerArgs(args, location)
  const replicas = resolveReplicas(args.replicas ?? [])
  const token = resolveToken(url, args)
  if (token !== undefined && !boolean('connectArgs.tokenWithoutTls', args.tokenWithoutTls ?? false))
    for (const each of [location, ...replicas]) rejectOpenToken(each)
  return {
    url: location.url,
    replicas: replicas.map((replica) => replica.url),
    headers: {
      ...resolveHeaders(args.headers ?? {}),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    readYourWrites: boolean('connectArgs.readYourWrites', args.readYourWrites ?? true),
    requestTimeout: wholeNumber('connectArgs.requestTimeout', args.requestTimeout ?? 30_000, 'milliseconds'),
  }
}

/** @throws DialectConfigError for an option that only a database in this process can have. */
export function rejectWhatServersLack(config: PooledSqliteDialectConfig, { kind }: SqliteLocation): void {
  if (kind !== 'server') return
  for (const [key, why] of Object.entries(LACKING)) {
    const [outer, inner] = key.split('.') as [keyof PooledSqliteDialectConfig, keyof ConnectArgs | undefined]
    const given = inner === undefined ? config[outer] : config.connectArgs?.[inner]
    if (given === undefined || given === null || given === 0) continue
    throw new DialectConfigError(
      key,
      `${key} does not apply to a libSQL server, because ${why}. Leave it out.`,
    )
  }
}

const LACKING: Readonly<Record<string, string>> = {
  threads: 'its connections are requests, which block no thread',
  pragmas: 'it sets its own, the same for every connection',
  extensions: 'it loads its own when it starts',
  key: 'it encrypts its files itself',
  creator: 'it opens the database, and not this process',
  walLimit: 'it makes its own checkpoints',
  optimize: 'it keeps its own statistics',
  statementTimeout: 'connectArgs.requestTimeout limits its requests',
  'connectArgs.fileMustExist': 'it creates and opens its file itself',
  'connectArgs.checkSameThread': 'all threads see the same database',
  'connectArgs.statementCacheSize': 'it prepares the statements itself',
}

function rejectServerArgs(args: ConnectArgs, { kind }: SqliteLocation): undefined {
  const key = SERVER_ARGS.find((name) => args[name] !== undefined && args[name] !== null)
  if (key === undefined) return undefined
  throw new DialectConfigError(
    `connectArgs.${key}`,
    `connectArgs.${key} is only for a libSQL server, such as 'libsql://host', but the URL names a ${kind} database. Leave it out.`,
  )
}

function resolveToken(url: string | URL, { authToken }: ConnectArgs): string | undefined {
  const inUrl = authTokenIn(url)
  if (authToken === undefined || authToken === null) return inUrl === undefined ? undefined : checked(inUrl)
  if (inUrl === undefined) return checked(authToken)
  throw new DialectConfigError(
    'connectArgs.authToken',
    'There is a token in connectArgs.authToken and one in the URL. Leave one of them out.',
  )
}

/** What Node.js would refuse to send, with the token in its message. */
function checked(token: unknown): string {
  if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return token
  const problem =
    typeof token === 'string' ? 'text without spaces' : `text, not a value of type ${typeof token}`
  throw new DialectConfigError('connectArgs.authToken', `connectArgs.authToken must be ${problem}.`)
}

function resolveReplicas(given: unknown): readonly ServerLocation[] {
  if (!Array.isArray(given)) {
    throw new DialectConfigError(
      'connectArgs.replicas',
      `connectArgs.replicas must be a list of URLs, not ${describe(given)}.`,
    )
  }
  return given.map((url: unknown, i) => {
    const location = serverLocation(String(url))
    if (authTokenIn(String(url)) === undefined) return location
    throw new DialectConfigError(
      `connectArgs.replicas[${i}]`,
      `connectArgs.replicas[${i}] has a token of its own. Replicas get the token of their primary: connectArgs.authToken.`,
    )
  })
}

function resolveHeaders(given: unknown): Readonly<Record<string, string>> {
  const isValid =
    isPlainObject(given) &&
    Object.entries(given).every(
      ([name, value]) => /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\x20-\x7e]*$/.test(String(value)),
    )
  if (isValid) {
    const names = Object.entries(given).map(([name, value]) => [name.toLowerCase(), String(value)])
    return Object.fromEntries(names) as Record<string, string>
  }
  throw new DialectConfigError(
    'connectArgs.headers',
    'connectArgs.headers must be an object with valid names and values of HTTP headers.',
  )
}

function rejectOpenToken({ url }: ServerLocation): void {
  const { protocol, hostname } = new URL(url)
  if (protocol === 'https:' || isThisMachine(hostname)) return
  throw new DialectConfigError(
    'connectArgs.authToken',
    `The token would be sent to ${hostname} without TLS, so others could read it on the way. Use https: or libsql:, or set ` +
      'connectArgs.tokenWithoutTls: true if the network is your own.',
  )
}

function isThisMachine(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]') return true
  return /^127(?:\.\d{1,3}){3}$/.test(hostname)
}
