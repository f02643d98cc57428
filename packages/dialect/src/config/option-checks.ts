import { describe } from '../describe.ts'
import { DialectConfigError } from '../errors/config-errors.ts'

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

export function functionOrNothing<T>(key: string, value: T | null | undefined): T | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'function') return value
  throw new DialectConfigError(key, `${key} must be a function, not ${describe(value)}.`)
}

/** Of whatever realm: a test runner may run the caller in a context of its own. */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** The end of a sentence about something unknown. */
export function orMeant(near: string | undefined): string {
  return near === undefined ? '.' : `; did you mean ${near}?`
}

/** The longest time that a Node.js timer can wait, in milliseconds. */
const LARGEST = 2 ** 31 - 1
