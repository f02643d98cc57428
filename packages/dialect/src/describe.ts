import { masked } from './masked.ts'

/** A value as an error message shows it. What is in an object stays there: it may be a password. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(masked(value))
  if (typeof value === 'function') return `the function ${value.name}`
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return objectOf(value.constructor?.name)
  return String(value)
}

function objectOf(className = 'Object'): string {
  return className === 'Object' ? 'an object' : `an object of class ${className}`
}
