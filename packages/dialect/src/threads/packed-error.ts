import BetterSqlite3 from 'better-sqlite3'
import { withDeeperStack } from '../connection/deeper-stack.ts'
import { DialectConfigError, StreamEndedError } from '../errors.ts'

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

export function packError(error: unknown): PackedError {
  const { name, message, code, key, stack } = (
    error instanceof Error ? error : new Error(String(error))
  ) as Error & { code?: unknown; key?: unknown }
  return {
    type: name,
    message,
    code: typeof code === 'string' ? code : undefined,
    key: typeof key === 'string' ? key : undefined,
    stack: stack === undefined || Object.hasOwn(ORIGINALS, name) ? undefined : stack,
  }
}

/**
 * The error as it was. Call it where the caller waits: its stack begins where `above` is called, and goes on with those
 * who wait for that.
 */
export function unpackError(packed: PackedError, above: (...args: never[]) => unknown): Error {
  const restore = Object.hasOwn(ORIGINALS, packed.type) ? ORIGINALS[packed.type]! : foreignError
  const error = restore(packed)
  withDeeperStack(() => Error.captureStackTrace(error, above))
  return error
}

/** An error of the user's code in the thread, whose class is not known here. */
function foreignError({ message, type, code, stack }: PackedError): Error {
  const cause = Object.assign(new Error(message), { name: type, stack })
  const error = withCode(new Error(message, { cause }), code)
  return Object.defineProperty(error, 'name', { value: type, configurable: true, writable: true })
}

/** The errors that arrive as what they were. */
const ORIGINALS: Readonly<Record<string, (packed: PackedError) => Error>> = {
  SqliteError: ({ message, code }) => new BetterSqlite3.SqliteError(message, code ?? 'SQLITE_ERROR'),
  TypeError: ({ message, code }) => withCode(new TypeError(message), code),
  RangeError: ({ message, code }) => withCode(new RangeError(message), code),
  SyntaxError: ({ message }) => new SyntaxError(message),
  DialectConfigError: ({ message, key }) => new DialectConfigError(key ?? '', message),
  StreamEndedError: () => new StreamEndedError(),
}

function withCode(error: Error, code: string | undefined): Error {
  return code === undefined ? error : Object.assign(error, { code })
}
