import type { DriverTraits } from '../drivers/driver-traits.ts'
import { DialectConfigError } from '../errors/config-errors.ts'
import type { SqliteLocation } from '../url/sqlite-location.ts'
import { rejectUnknownKeyKeys } from './known-keys.ts'
import { isPlainObject } from './option-checks.ts'

/** A key: its text, its bytes, or the name of an environment variable, which keeps the text out of the config. */
export type KeyOption = string | Uint8Array | { env: string }

/**
 * A key for a database. No message shows it.
 *
 * @throws DialectConfigError if it is not a key, or if the driver or the database cannot be encrypted.
 */
export function checkKey(given: unknown, location: SqliteLocation, driver: DriverTraits): KeyOption {
  const key = keyOption(given)
  if (!driver.encrypts) {
    throw new DialectConfigError(
      'key',
      `The driver ${driver.name} cannot encrypt, so it takes no key. Install the package better-sqlite3-multiple-ciphers, and set ` +
        "driver: 'better-sqlite3-multiple-ciphers'.",
    )
  }
  if (location.kind !== 'file') {
    throw new DialectConfigError(
      'key',
      `A ${location.kind} database has no file that a key could encrypt. Leave key out.`,
    )
  }
  return key
}

function keyOption(given: unknown): KeyOption {
  if (typeof given === 'string' || isBytes(given)) {
    if (given.length > 0) return given
    throw new DialectConfigError(
      'key',
      'key is empty, so nothing would be encrypted. If you want no encryption, leave key out.',
    )
  }
  if (!isPlainObject(given)) {
    throw new DialectConfigError(
      'key',
      `key must be text, bytes, or { env: 'NAME' }, not a value of type ${typeof given}.`,
    )
  }
  rejectUnknownKeyKeys(given)
  const { env } = given as { env?: unknown }
  if (typeof env === 'string' && /^[a-z_]\w*$/i.test(env)) return { env }
  throw new DialectConfigError('key.env', 'key.env must be the name of an environment variable.')
}

/** By its tag, since bytes can come from another realm. */
function isBytes(value: unknown): value is Uint8Array {
  return Object.prototype.toString.call(value) === '[object Uint8Array]'
}

/**
 * The bytes of a key.
 *
 * @throws DialectConfigError if the environment variable is not set.
 */
export function keyBytes(key: KeyOption): Uint8Array {
  if (typeof key === 'string') return new TextEncoder().encode(key)
  // A copy: what is sent to a thread takes all of the memory along that the bytes are in.
  return isBytes(key) ? Uint8Array.from(key) : new TextEncoder().encode(fromEnvironment(key.env))
}

function fromEnvironment(name: string): string {
  const text = process.env[name]
  if (text !== undefined && text !== '') return text
  throw new DialectConfigError(
    'key.env',
    `key.env names the environment variable ${name}, which is ${text === undefined ? 'not set' : 'empty'}.`,
  )
}
