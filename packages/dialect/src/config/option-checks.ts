import { didYouMean } from '@poolclass/pools/did-you-mean'
import { describe } from '../describe.ts'
import { DialectConfigError } from '../errors.ts'

/** @throws DialectConfigError for a key that is not known, with the nearest one that is. */
export function rejectUnknownKeys(path: string, given: object, known: readonly string[]): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue
    const near = didYouMean(key, known)
    throw new DialectConfigError(
      path + key,
      `There is no config key ${path}${key}${orMeant(near === undefined ? near : path + near)} ` +
        `Known here: ${known.map((name) => path + name).join(', ')}.`,
    )
  }
}

export function wholeNumber(key: string, value: unknown, unit: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LARGEST) return value
  throw new DialectConfigError(
    key,
    `${key} must be a whole number of ${unit} from 0 to ${LARGEST}, not ${describe(value)}.`,
  )
}

export function boolean(key: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw new DialectConfigError(key, `${key} must be true or false, not ${describe(value)}.`)
}

export function functionOrNothing<T>(key: string, value: T | undefined): T | undefined {
  if (value === undefined || typeof value === 'function') return value
  throw new DialectConfigError(key, `${key} must be a function, not ${describe(value)}.`)
}

export function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** The end of a sentence about something unknown. */
export function orMeant(near: string | undefined): string {
  return near === undefined ? '.' : `; did you mean ${near}?`
}

/** The longest time that a Node.js timer can wait, in milliseconds. */
const LARGEST = 2 ** 31 - 1
