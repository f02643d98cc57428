import { onTestFinished } from 'vitest'

/** The warnings with this code that the process emits from now on until the test ends. */
export function collectWarnings(code: string): Error[] {
  const warnings: Error[] = []
  const listener = (warning: Error & { readonly code?: string }): void => {
    if (warning.code === code) warnings.push(warning)
  }
  process.on('warning', listener)
  onTestFinished(() => {
    process.off('warning', listener)
  })
  return warnings
}
