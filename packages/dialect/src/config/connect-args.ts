import { describe } from '../describe.ts'
import { DialectConfigError } from '../errors/config-errors.ts'
import type { SqliteLocation } from '../url/sqlite-location.ts'
import { rejectUnknownConnectArgs } from './known-keys.ts'
import { boolean, isPlainObject, wholeNumber } from './option-checks.ts'
import type { ServerArg } from './server-args.ts'

/** How a connection behaves; SQLAlchemy's `connect_args`. `null` means the default. */
export interface ConnectArgs {
  /**
   * The busy timeout, in milliseconds: the longest wait for another connection's lock. Then the query fails with `SQLITE_BUSY`.
   * The wait does not block the thread. Default is 5000.
   */
  timeout?: number | null | undefined
  /** Opens the database for reading only. Default is false, or what `mode=` in the URL says. */
  readonly?: boolean | null | undefined
  /** Does not create a missing database file. Default is false, or what `mode=` in the URL says. */
  fileMustExist?: boolean | null | undefined
  /**
   * Whether `:memory:` with `StaticPool` is private to the thread that opened it. `false` makes it the
   * process-wide shared memory database. Default is true.
   */
  checkSameThread?: boolean | null | undefined
  /** Returns integers as bigints, which keep all digits beyond 2^53. Default is false. */
  safeIntegers?: boolean | null | undefined
  /**
   * Number of prepared statements that each connection keeps, in some 8 MB at most. 0: it prepares every query anew.
   * Default is 128.
   */
  statementCacheSize?: number | null | undefined
  /** The token that a libSQL server asks for. It may stand in the URL instead, as `?authToken=`. Default is none. */
  authToken?: string | null | undefined
  /** The URLs of a server's replicas, which answer reads outside of transactions in turn. Default is none. */
  replicas?: readonly (string | URL)[] | null | undefined
  /** Whether reads of a server always show what this dialect has written, whichever replica answers. Default is true. */
  readYourWrites?: boolean | null | undefined
  /** The longest time that a server may take for an answer, or between two parts of a stream, in milliseconds. Default is 30000. */
  requestTimeout?: number | null | undefined
  /** What every request to a server has in its header besides, such as `{ 'x-tenant': 'a' }`. Default is nothing. */
  headers?: Readonly<Record<string, string>> | null | undefined
  /** Whether the token may be sent without TLS to a server that is not on this machine. Default is false. */
  tokenWithoutTls?: boolean | null | undefined
}

/** The same with its defaults. */
export type ResolvedConnectArgs = {
  readonly [K in Exclude<keyof ConnectArgs, ServerArg>]-?: NonNullable<ConnectArgs[K]>
}

export function resolveConnectArgs(given: unknown): ResolvedConnectArgs {
  const args = (given ?? {}) as ConnectArgs
  if (!isPlainObject(args)) {
    throw new DialectConfigError('connectArgs', `connectArgs must be an object, not ${describe(given)}.`)
  }
  rejectUnknownConnectArgs(args)
  return {
    timeout: wholeNumber('connectArgs.timeout', args.timeout ?? 5000, 'milliseconds'),
    readonly: boolean('connectArgs.readonly', args.readonly ?? false),
    fileMustExist: boolean('connectArgs.fileMustExist', args.fileMustExist ?? false),
    checkSameThread: boolean('connectArgs.checkSameThread', args.checkSameThread ?? true),
    safeIntegers: boolean('connectArgs.safeIntegers', args.safeIntegers ?? false),
    statementCacheSize: wholeNumber(
      'connectArgs.statementCacheSize',
      args.statementCacheSize ?? 128,
      'statements',
    ),
  }
}

/** @throws DialectConfigError if the URL's `mode` and the config contradict each other. */
export function rejectContradictions(given: ConnectArgs | null | undefined, location: SqliteLocation): void {
  if (given?.readonly === true && (location.kind === 'memory' || location.kind === 'temporary')) {
    throw new DialectConfigError(
      'connectArgs.readonly',
      `connectArgs.readonly makes no sense for a ${location.kind} database, because it is empty when it opens. Leave it out.`,
    )
  }
  const mode = 'mode' in location ? location.mode : undefined
  if (mode === undefined) return
  const said = { readonly: mode === 'ro', fileMustExist: mode === 'ro' ? undefined : mode === 'rw' }
  for (const key of ['readonly', 'fileMustExist'] as const) {
    if (typeof given?.[key] !== 'boolean' || said[key] === undefined || given[key] === said[key]) continue
    throw new DialectConfigError(
      `connectArgs.${key}`,
      `connectArgs.${key} is ${given[key]}, but the URL says mode=${mode}. Leave one of them out.`,
    )
  }
}
