import { POOL_OPTION_NAMES } from '@poolclass/pools'
import { didYouMean } from '@poolclass/pools/did-you-mean'
import { DialectConfigError } from '../errors/config-errors.ts'
import { URI_PARAMETERS } from '../url/uri-parameters.ts'
import { orMeant } from './option-checks.ts'
import { SERVER_ARGS } from './server-args.ts'
import { PRAGMA_NAMES } from './pragma-values.ts'

const KEYS: readonly string[] = [
  'url',
  'poolclass',
  'driver',
  ...POOL_OPTION_NAMES,
  'connectArgs',
  'pragmas',
  'extensions',
  'key',
  'threads',
  'transactionMode',
  'transactionTimeout',
  'statementTimeout',
  'slowQueryThreshold',
  'optimize',
  'walLimit',
  'creator',
  'onCreateConnection',
]

const CONNECT_ARGS: readonly string[] = [
  'connectArgs.timeout',
  'connectArgs.readonly',
  'connectArgs.fileMustExist',
  'connectArgs.checkSameThread',
  'connectArgs.safeIntegers',
  'connectArgs.statementCacheSize',
  ...SERVER_ARGS.map((name) => `connectArgs.${name}`),
]

/** Of each of the `extensions`. */
const EXTENSION_KEYS = ['path', 'entryPoint']

const PRAGMAS = PRAGMA_NAMES.map((name) => `pragmas.${name}`)

/** What other libraries call it. */
const ELSEWHERE: Readonly<Record<string, readonly string[]>> = {
  url: [
    ...URI_PARAMETERS,
    'filename',
    'file',
    'filepath',
    'path',
    'database',
    'db',
    'dbname',
    'databaseUrl',
    'host',
    'hostname',
    'uri',
    'dsn',
    'storage',
    'location',
    'memory',
    'dataSource',
    'connection',
    'connectionString',
  ],
  poolclass: ['pool'],
  poolName: ['poolLoggingName', 'loggingName'],
  poolEvents: ['events'],
  poolSize: ['connectionLimit', 'maxConnections'],
  poolTimeout: ['acquireTimeout', 'acquireTimeoutMillis', 'connectionTimeout'],
  extensions: ['extension', 'loadExtension', 'loadableExtensions', 'allowExtension'],
  key: ['encryptionKey', 'cipherKey', 'hexkey', 'password', 'passphrase', 'secret', 'cipher'],
  threads: ['workers', 'workerThreads'],
  transactionMode: ['isolationLevel', 'transactionType'],
  walLimit: ['walSizeLimit', 'maxWalSize', 'walSize', 'walMax'],
  creator: ['verbose', 'nativeBinding', 'factory'],
  'connectArgs.timeout': ['busyTimeout'],
  'connectArgs.authToken': ['token', 'jwt', 'apiKey'],
  'connectArgs.replicas': ['replica', 'readReplicas', 'replicaUrls', 'readUrls'],
  'connectArgs.readYourWrites': ['consistency', 'readYourOwnWrites'],
  'connectArgs.statementCacheSize': ['cachedStatements', 'queryCacheSize'],
}

/** @throws DialectConfigError for a key that is not known at the top level of the config, with the one that was meant. */
export function rejectUnknownKeys(config: object): void {
  rejectAllBut(KEYS, '', config)
}

/** The same for `connectArgs`. */
export function rejectUnknownConnectArgs(connectArgs: object): void {
  rejectAllBut(CONNECT_ARGS, 'connectArgs.', connectArgs)
}

/** The same for one of the `extensions`, such as `extensions[0]`. */
export function rejectUnknownExtensionKeys(key: string, extension: object): void {
  const known = EXTENSION_KEYS.map((name) => `${key}.${name}`)
  rejectAllBut(known, `${key}.`, extension)
}

/** The same for a `key` that is an object. */
export function rejectUnknownKeyKeys(key: object): void {
  rejectAllBut(['key.env'], 'key.', key)
}

function rejectAllBut(known: readonly string[], prefix: string, given: object): void {
  const unknown = Object.keys(given).find((key) => !known.includes(prefix + key))
  if (unknown === undefined) return
  throw new DialectConfigError(
    prefix + unknown,
    `There is no config key ${prefix}${unknown}${orMeant(meant(unknown, known))} The keys are ${known.join(', ')}.`,
  )
}

/** The key that is called so, at whatever place it has, or else the nearest one. */
function meant(key: string, known: readonly string[]): string | undefined {
  const everywhere = [...known, ...KEYS, ...CONNECT_ARGS, ...PRAGMAS]
  return (
    everywhere.find((candidate) => plain(ownName(candidate)) === plain(key)) ??
    Object.keys(ELSEWHERE).find((home) => ELSEWHERE[home]!.some((name) => plain(name) === plain(key))) ??
    nearest(key, known) ??
    nearest(key, everywhere)
  )
}

function nearest(key: string, candidates: readonly string[]): string | undefined {
  const name = didYouMean(key, candidates.map(ownName))
  return candidates.find((candidate) => ownName(candidate) === name)
}

/** The name without the object that it is in. */
function ownName(key: string): string {
  return key.slice(key.indexOf('.') + 1)
}

function plain(name: string): string {
  return name.replaceAll(/[-_]/g, '').toLowerCase()
}
