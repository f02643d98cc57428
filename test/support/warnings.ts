import { afterEach, beforeEach, onTestFinished, vi } from 'vitest'

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

/**
 * The texts of the warnings of the running test, none of which is printed. For the top of a test file. Left out are checkouts
 * that an earlier test of the process has forgotten, because the garbage collector finds them at any time.
 */
export function silencedWarnings(): readonly string[] {
  const warnings: string[] = []
  beforeEach(() => {
    warnings.length = 0
    vi.spyOn(process, 'emitWarning').mockImplementation((warning) => {
      const text = String(warning)
      if (!text.includes('a checkout was forgotten')) warnings.push(text)
    })
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })
  return warnings
}
