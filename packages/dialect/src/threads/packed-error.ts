import BetterSqlite3 from 'better-sqlite3'
import { withDeeperStack } from '../connection/deeper-stack.ts'
import { DialectConfigError } from '../errors.ts'

/** An error on its way between threads, which structured clone would rob of its class and code. */
export interface PackedError {
  /** The name of its class. */
  readonly type: string
  readonly message: string
  readonly code: string | undefined
  /** Of a `DialectConfigError`. */
  readonly key: string | undefined
  /** Where it was thrown in its thread. Only for errors of the user's code: what SQLite finds is found in this package. */
  readonly stack: string | undefined
}

/** @param fromUser The user's code may have thrown it: then where it did is packed as well. */
export function packError(error: unknown, fromUser: boolean): PackedError {
  if (!(error instanceof Error)) return packError(new Error(textOf(error)), fromUser)
  const { name, message, code, key, stack } = error as Error & { code?: unknown; key?: unknown }
  return {
    type: String(name),
    message: String(message),
    code: typeof code === 'string' ? code : undefined,
    key: typeof key === 'string' ? key : undefined,
    stack: fromUser && !FOUND_HERE.has(name) ? String(stack) : undefined,
  }
}

/** An object without a prototype cannot even be made a string. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    return 'something that is no Error and no text'
  }
}

/**
 * The error as it was. Call it where the caller waits: its stack begins where `above` is called, and goes on with those
 * who wait for that.
 */
export function unpackError(packed: PackedError, above: (...args: never[]) => unknown): Error {
  const restore = Object.hasOwn(ORIGINALS, packed.type) ? ORIGINALS[packed.type]! : foreignError
  const error = restore(packed)
  if (packed.code !== undefined && !('code' in error)) Object.assign(error, { code: packed.code })
  if (packed.stack !== undefined) error.cause = causeOf(packed)
  withDeeperStack(() => Error.captureStackTrace(error, above))
  return error
}

/** The error as it was in the thread, with its stack there. */
function causeOf({ message, type, stack }: PackedError): Error {
  return Object.assign(new Error(message), { name: type, stack })
}

/** An error whose class is not known here. */
function foreignError({ message, type }: PackedError): Error {
  const error = new Error(message)
  return Object.defineProperty(error, 'name', { value: type, configurable: true, writable: true })
}

/** Errors whose stack in the thread tells nothing: this package and SQLite find them. */
const FOUND_HERE: ReadonlySet<string> = new Set(['SqliteError', 'DialectConfigError'])

/** The errors that arrive as what they were. */
const ORIGINALS: Readonly<Record<string, (packed: PackedError) => Error>> = {
  SqliteError: ({ message, code }) => new BetterSqlite3.SqliteError(message, code ?? 'SQLITE_ERROR'),
  TypeError: ({ message }) => new TypeError(message),
  RangeError: ({ message }) => new RangeError(message),
  SyntaxError: ({ message }) => new SyntaxError(message),
  DialectConfigError: ({ message, key }) => new DialectConfigError(key ?? '', message),
}
