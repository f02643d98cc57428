import { describe } from '../describe.ts'
import { DialectConfigError } from '../errors/config-errors.ts'
import type { SqliteLocation } from '../url/sqlite-location.ts'
import { sizeOf } from './byte-size.ts'
import type { ResolvedConnectArgs } from './connect-args.ts'
import type { ConfigPragma } from './pragmas.ts'

/**
 * The limit in bytes, as `ResolvedConfig` has it.
 *
 * @throws DialectConfigError for what is no size, and for a limit where this dialect cannot make a checkpoint.
 */
export function resolveWalLimit(
  given: unknown,
  location: SqliteLocation,
  connectArgs: ResolvedConnectArgs,
  pragmas: readonly ConfigPragma[],
): number {
  const limit = given === undefined || given === null ? undefined : bytesOf(given)
  const why = whyNoCheckpoint(location, connectArgs, pragmas)
  if (limit !== undefined && limit > 0 && why !== undefined) {
    throw new DialectConfigError(
      'walLimit',
      `walLimit: ${describe(given)} has no effect here, because ${why.reason}. Leave walLimit out.`,
    )
  }
  if (limit !== undefined) return limit
  return why?.byDefault ?? (mayLackSharedWal(location) || isTurnedOff(pragmas) ? 0 : DEFAULT_WAL_LIMIT)
}

/**
 * A `wal_autocheckpoint` of twice the limit, in pages, which only takes effect if nothing else makes the checkpoints.
 * With SQLite's own default, every commit with 1000 pages in the WAL waits for a checkpoint. A value of the user stays,
 * and so does a value that a creator may have set.
 */
export function rareAutocheckpoint(
  pragmas: readonly ConfigPragma[],
  walLimit: number,
  creator: unknown,
): number | undefined {
  const isTheirs = (creator ?? undefined) !== undefined || pragmas.some(({ name }) => isCalled(name, AUTO))
  if (walLimit === 0 || walLimit === Infinity || isTheirs) return undefined
  return Math.min(Math.ceil((2 * walLimit) / PAGE), 2 ** 31 - 1)
}

function bytesOf(given: unknown): number {
  const bytes = sizeOf(given) ?? given
  if (typeof bytes === 'number' && Number.isSafeInteger(bytes) && (bytes === 0 || bytes >= LEAST))
    return bytes
  throw new DialectConfigError(
    'walLimit',
    `walLimit must be 0 (off), a whole number of bytes of at least ${LEAST}, or a size such as '64MB', not ` +
      `${describe(given)}.`,
  )
}

function whyNoCheckpoint(
  location: SqliteLocation,
  { readonly }: ResolvedConnectArgs,
  pragmas: readonly ConfigPragma[],
): { readonly reason: string; readonly byDefault: number } | undefined {
  if (location.kind !== 'file') return { reason: `a ${location.kind} database has no WAL`, byDefault: 0 }
  const { mode, immutable, nolock } = location
  if (immutable === true) return { reason: 'nobody writes to an immutable file', byDefault: 0 }
  if (nolock === true) return { reason: 'without locks there is no WAL', byDefault: 0 }
  if (readonly || mode === 'ro') {
    return {
      reason: 'a checkpoint writes to the file, which is opened for reading only',
      byDefault: Infinity,
    }
  }
  if (pragmas.some(({ name, value }) => isCalled(name, 'locking_mode') && value.set === 'exclusive')) {
    return {
      reason: 'with locking_mode exclusive no other connection can make the checkpoints',
      byDefault: 0,
    }
  }
  return undefined
}

/** The VFS of an extension may have the WAL anywhere, and in two of SQLite's own no connections share one. */
function mayLackSharedWal(location: SqliteLocation): boolean {
  return location.kind === 'file' && location.vfs !== undefined && !SHARES_WAL.test(location.vfs)
}

/** SQLite's own, https://www.sqlite.org/vfs.html#standard_unix_vfses, and the same where SQLite3 Multiple Ciphers encrypts. */
const SHARES_WAL = /^(multipleciphers-)?(unix|unix-excl|win32|win32-longpath)$/

/** Somebody else makes the checkpoints, as Litestream does. */
function isTurnedOff(pragmas: readonly ConfigPragma[]): boolean {
  return pragmas.some(({ name, value }) => isCalled(name, AUTO) && Number(value.set) <= 0)
}

/** @param name It may have a schema in front. */
function isCalled(name: string, pragma: string): boolean {
  return name.slice(name.indexOf('.') + 1).toLowerCase() === pragma
}

const AUTO = 'wal_autocheckpoint'
export const DEFAULT_WAL_LIMIT: number = 64 * 1024 ** 2
/** SQLite's pages are so large by default. */
const PAGE = 4096
/** A transaction of a few pages would be beyond less. */
const LEAST = 64 * 1024
