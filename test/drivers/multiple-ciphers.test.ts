import type { DriverName } from '@poolclass/dialect'
import { describe, expect, test } from 'vitest'
import { whyNoCiphers } from '../support/ciphers.ts'
import { resultOf } from '../support/script-process.ts'

const skipped = whyNoCiphers === undefined ? '' : ` (skipped: ${whyNoCiphers})`

describe.skipIf(whyNoCiphers !== undefined)(`better-sqlite3-multiple-ciphers${skipped}`, () => {
  test.each<DriverName[]>([
    ['better-sqlite3', 'better-sqlite3-multiple-ciphers'],
    ['better-sqlite3-multiple-ciphers', 'better-sqlite3'],
  ])('shares memory between threads, as %s that is loaded before %s', async (...drivers) => {
    const result = await resultOf('drivers/scripts/two-drivers.ts', drivers)
    expect(result).toEqual({
      [drivers[0]!]: [{ a: 1 }],
      [drivers[1]!]: [{ a: 1 }],
      environment: null,
      libraries: 2,
    })
  })
})
