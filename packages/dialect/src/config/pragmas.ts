import { didYouMean } from '@poolclass/pools/did-you-mean'
import { knownPragmas } from './known-pragmas.ts'
import { describe } from '../describe.ts'
import { DialectConfigError } from '../errors.ts'
import { isPlainObject, orMeant } from './option-checks.ts'

/** The pragmas of a config, in their order. */
export type ConfigPragmas = readonly (readonly [name: string, value: string | number | boolean])[]

export function resolvePragmas(given: unknown): ConfigPragmas {
  if (given === undefined) return []
  if (!isPlainObject(given)) {
    throw new DialectConfigError(
      'pragmas',
      `pragmas must be an object of names and values, not ${describe(given)}.`,
    )
  }
  return Object.entries(given).map(([name, value]) => {
    checkPragmaName(name)
    if (typeof value !== 'string' && typeof value !== 'boolean' && !Number.isSafeInteger(value)) {
      throw new DialectConfigError(
        `pragmas.${name}`,
        `pragmas.${name} must be a string, a whole number or a boolean, not ${describe(value)}.`,
      )
    }
    return [name, value as string | number | boolean] as const
  })
}

/** SQLite ignores a pragma that it does not know, so this one asks first, and before any file is opened. */
function checkPragmaName(name: string): void {
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
  const known = knownPragmas()
  if (known.includes(pragma)) return
  throw new DialectConfigError(
    key,
    `${key}: SQLite has no such pragma, and would ignore it${orMeant(didYouMean(pragma, known))}`,
  )
}
