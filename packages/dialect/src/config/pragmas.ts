import { didYouMean } from '@poolclass/pools/did-you-mean'
import { describe } from '../describe.ts'
import type { DriverTraits } from '../drivers/driver-traits.ts'
import { DialectConfigError } from '../errors/config-errors.ts'
import type { SqliteLocation } from '../url/sqlite-location.ts'
import { isPlainObject, orMeant } from './option-checks.ts'
import { pragmaKind, type PragmaValue } from './pragma-values.ts'

/** A pragma of a config; `name` may have a schema in front. */
export interface ConfigPragma {
  readonly name: string
  readonly value: PragmaValue
}

/** Checks names and values before any file is opened, because SQLite is silent about both. */
export function resolvePragmas(
  given: unknown,
  location: SqliteLocation,
  driver: DriverTraits,
): readonly ConfigPragma[] {
  if (!isPlainObject(given)) {
    throw new DialectConfigError(
      'pragmas',
      `pragmas must be an object of names and values, not ${describe(given)}.`,
    )
  }
  return Object.entries(given)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => {
      const pragma = knownName(name, driver)
      const resolved = resolveValue(name, pragma, value)
      return { name, value: isFixed(pragma, location) ? { set: resolved.set } : resolved }
    })
}

function knownName(name: string, { pragmas: known }: DriverTraits): string {
  const key = `pragmas.${name}`
  const pragma = /^(?:\w+\.)?([a-z_]+)$/i.exec(name)?.[1]?.toLowerCase()
  if (pragma === undefined) {
    throw new DialectConfigError(
      key,
      `${key} is not the name of a pragma, such as foreign_keys or main.cache_size.`,
    )
  }
  if (pragma === 'busy_timeout') {
    throw new DialectConfigError(
      key,
      `${key} would block the thread while it waits. Set connectArgs.timeout, which waits without blocking.`,
    )
  }
  if (KEY_PRAGMAS.has(pragma)) {
    throw new DialectConfigError(
      key,
      `${key} would show the key wherever the config is shown. Set key instead, such as key: { env: 'DATABASE_KEY' }.`,
    )
  }
  if (known.includes(pragma)) return pragma
  throw new DialectConfigError(
    key,
    `${key} is not a pragma of SQLite, which would ignore it${orMeant(didYouMean(pragma, known))}`,
  )
}

function resolveValue(name: string, pragma: string, given: unknown): PragmaValue {
  const key = `pragmas.${name}`
  if (typeof given !== 'string' && typeof given !== 'boolean' && !Number.isSafeInteger(given)) {
    throw new DialectConfigError(
      key,
      `${key} must be a string, a whole number or a boolean, not ${describe(given)}.`,
    )
  }
  const kind = pragmaKind(pragma)
  if (kind === undefined)
    return { set: typeof given === 'boolean' ? Number(given) : (given as string | number) }
  const value = kind.value(given)
  if (value !== undefined) return value
  const near = typeof given === 'string' ? didYouMean(given, kind.names ?? []) : undefined
  throw new DialectConfigError(key, `${key} must be ${kind.expected}, not ${describe(given)}${orMeant(near)}`)
}

const KEY_PRAGMAS: ReadonlySet<string> = new Set([
  'key',
  'hexkey',
  'rekey',
  'hexrekey',
  'textkey',
  'textrekey',
])

/** SQLite decides itself how a database in memory, or a temporary one, keeps its journal and its locks. */
function isFixed(pragma: string, { kind }: SqliteLocation): boolean {
  return kind !== 'file' && (pragma === 'journal_mode' || pragma === 'locking_mode')
}
