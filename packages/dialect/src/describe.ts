import { masked } from './masked.ts'

/** A value as an error message shows it. What is in an object stays there: it may be a password. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(masked(value))
  if (typeof value === 'function') return `the function ${value.name}`
  if (typeof value === 'object' && value !== null)
    return `an object of ${value.constructor?.name ?? 'no class'}`
  return String(value)
}
