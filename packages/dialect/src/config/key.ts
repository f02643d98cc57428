import { types } from 'node:util'
import type { Driver } from '../drivers/driver.ts'
import { DialectConfigError } from '../errors/config-errors.ts'
import type { SqliteLocation } from '../url/sqlite-location.ts'
import { rejectUnknownKeyKeys } from './known-keys.ts'
import { isPlainObject } from './option-checks.ts'

/** A key: its text, its bytes, or the name of an environment variable, which keeps the text out of the config. */
export type KeyOption = string | Uint8Array | { env: string }

/**
 * The key of a config, as bytes, if it has one.
 *
 * @throws DialectConfigError as `keyFor` does.
 */
export function resolveKey(given: unknown, location: SqliteLocation, driver: Driver): Uint8Array | undefined {
  return given === undefined || given === null ? undefined : keyFor(location, driver, given)
}

/**
 * A key for a database, as bytes. No message shows the key.
 *
 * @throws DialectConfigError if it is not a key, or if the driver or the database cannot be encrypted.
 */
export function keyFor(location: SqliteLocation, driver: Driver, given: unknown): Uint8Array {
  const key = bytesOf(given)
  if (key.length === 0) {
    throw new DialectConfigError(
      'key',
      'key is empty, which would encrypt nothing. Leave it out where that is meant.',
    )
  }
  if (!driver.encrypts) {
    throw new DialectConfigError(
      'key',
      `${driver.name} cannot encrypt, so it takes no key. Use driver: 'better-sqlite3-multiple-ciphers', which needs the ` +
        'package of that name.',
    )
  }
  if (location.kind !== 'file') {
    throw new DialectConfigError(
      'key',
      `A ${location.kind} database is in no file that a key could encrypt: leave key out.`,
    )
  }
  return key
}

function bytesOf(given: unknown): Uint8Array {
  if (typeof given === 'string') return new TextEncoder().encode(given)
  // A copy: what is sent to a thread takes all of the memory along that the bytes are in.
  if (types.isUint8Array(given)) return Uint8Array.from(given)
  if (isPlainObject(given)) return bytesOf(fromEnvironment(given))
  throw new DialectConfigError(
    'key',
    `key must be text, bytes, or { env: 'NAME' }, not a value of type ${typeof given}.`,
  )
}

function fromEnvironment(given: object): string {
  rejectUnknownKeyKeys(given)
  const { env: name } = given as { env?: unknown }
  if (typeof name !== 'string' || !/^[a-z_]\w*$/i.test(name)) {
    throw new DialectConfigError('key.env', 'key.env must be the name of an environment variable.')
  }
  const text = process.env[name]
  if (text !== undefined && text !== '') return text
  throw new DialectConfigError(
    'key.env',
    `key.env names the environment variable ${name}, which is ${text === undefined ? 'not set' : 'empty'}.`,
  )
}
