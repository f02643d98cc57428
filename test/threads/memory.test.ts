// @module-tag slow

import { expect, test } from 'vitest'
import { resultOf } from '../support/script-process.ts'

test('statements that have left the cache of a thread are freed', async () => {
  const { growth } = await resultOf('threads/scripts/many-texts.ts', ['200000'])
  expect(growth).toBeLessThan(150 * 2 ** 20)
})
