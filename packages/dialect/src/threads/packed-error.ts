import { StatementTimeoutError } from '../errors/limits-errors.ts'
import { withDeeperStack } from '../connection/deeper-stack.ts'
import { isUnprepared, markUnprepared } from '../connection/unprepared.ts'
import type { SqliteErrorFactory } from '../drivers/driver.ts'
import { DialectConfigError } from '../errors/config-errors.ts'
import { ExtensionError } from '../errors/driver-errors.ts'

/** An error on its way between threads, which structured clone would rob of its class and code. */
export interface PackedError {
  /** The name of its class. */
  readonly type: string
  readonly message: string
  readonly code: string | number | undefined
  /** Of a `DialectConfigError`. */
  readonly key: string | undefined
  /** Where it was thrown in its thread. Only for errors of the user's code: what SQLite finds is found in this package. */
  readonly stack: string | undefined
  /** The statement could not be prepared. */
  readonly isUnprepared: boolean
  /** Absent where the error has none. */
  readonly cause?: PackedCause
}

/** What an error says it was caused by: an error, or another value. */
type PackedCause = { readonly error: PackedError } | { readonly value: unknown }

/**
 * Never throws, whatever was thrown: nothing else may end the thread.
 *
 * @param fromUser The user's code may have thrown it: then where it did is packed as well.
 */
export function packError(thrown: unknown, fromUser: boolean, depth: number = 0): PackedError {
  if (!isError(thrown)) return packError(new Error(textOf(thrown)), fromUser, depth)
  const type = textOf(read(thrown, 'name'))
  const code = read(thrown, 'code')
  const key = read(thrown, 'key')
  const packed: PackedError = {
    type,
    message: textOf(read(thrown, 'message')),
    code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
    key: typeof key === 'string' ? key : undefined,
    isUnprepared: isUnprepared(thrown),
    stack: fromUser && !FOUND_HERE.has(type) ? textOf(read(thrown, 'stack')) : undefined,
  }
  const cause = read(thrown, 'cause')
  return cause === undefined || depth === DEEPEST ? packed : { ...packed, cause: packCause(cause, depth + 1) }
}

function packCause(cause: unknown, depth: number): PackedCause {
  if (isError(cause)) return { error: packError(cause, true, depth) }
  return { value: isPrimitive(cause) ? cause : textOf(cause) }
}

/**
 * The error as it was in the thread. Below its own stack comes that of `above`, where the caller waits.
 *
 * @param sqliteError Makes those of SQLite.
 */
export function unpackError(
  packed: PackedError,
  sqliteError: SqliteErrorFactory,
  above: (...args: never[]) => unknown,
): Error {
  const error = restored(packed, sqliteError)
  withDeeperStack(() => Error.captureStackTrace(error, above))
  if (packed.isUnprepared) markUnprepared(error)
  if (packed.stack === undefined) return error
  const frames = framesOf(packed.stack)
  if (frames !== '')
    error.stack = `${packed.type}: ${packed.message}\n${frames}\n${framesOf(error.stack ?? '')}`
  return error
}

function restored(packed: PackedError, sqliteError: SqliteErrorFactory): Error {
  const restore = Object.hasOwn(ORIGINALS, packed.type) ? ORIGINALS[packed.type]! : foreignError
  const error = restore(packed, sqliteError)
  if (packed.code !== undefined && !('code' in error)) Object.assign(error, { code: packed.code })
  if (packed.cause !== undefined) define(error, 'cause', unpackCause(packed.cause, sqliteError))
  return error
}

function unpackCause(cause: PackedCause, sqliteError: SqliteErrorFactory): unknown {
  if ('value' in cause) return cause.value
  const error = restored(cause.error, sqliteError)
  if (cause.error.stack !== undefined) error.stack = cause.error.stack
  return error
}

/** The lines of a stack that say where. */
function framesOf(stack: string): string {
  return stack.slice(stack.search(/^ {4}at /m)).trimEnd()
}

function isError(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error
  } catch {
    return false
  }
}

/** A property that may be a getter that throws. */
function read(error: Error, property: 'name' | 'message' | 'code' | 'key' | 'stack' | 'cause'): unknown {
  try {
    return (error as Error & { code?: unknown; key?: unknown })[property]
  } catch {
    return undefined
  }
}

/** An object without a prototype cannot even be made a string. */
function textOf(value: unknown): string {
  try {
    return String(value)
  } catch {
    return 'something that is no Error and no text'
  }
}

function isPrimitive(value: unknown): boolean {
  return value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value)
}

/** An error whose class is not known here. */
function foreignError({ message, type }: PackedError): Error {
  return define(new Error(message), 'name', type)
}

function define(error: Error, property: 'name' | 'cause', value: unknown): Error {
  return Object.defineProperty(error, property, { value, configurable: true, writable: true })
}

/** Errors whose stack in the thread tells nothing: this package and SQLite find them. */
const FOUND_HERE: ReadonlySet<string> = new Set([
  'SqliteError',
  'DialectConfigError',
  'ExtensionError',
  'StatementTimeoutError',
])

/** The errors that arrive as what they were. */
const ORIGINALS: Readonly<Record<string, (packed: PackedError, sqliteError: SqliteErrorFactory) => Error>> = {
  SqliteError: ({ message, code }, sqliteError) => sqliteError(message, String(code ?? 'SQLITE_ERROR')),
  TypeError: ({ message }) => new TypeError(message),
  RangeError: ({ message }) => new RangeError(message),
  SyntaxError: ({ message }) => new SyntaxError(message),
  DialectConfigError: ({ message, key }) => new DialectConfigError(key ?? '', message),
  ExtensionError: ({ message }) => new ExtensionError(message),
  StatementTimeoutError: ({ message }) => new StatementTimeoutError(message),
}

/** How many causes behind causes travel: one may be its own. */
const DEEPEST = 5
