import { expect, test } from 'vitest'
import { outputOf } from '../support/script.ts'

test('statements that have left the cache of a thread are freed', async () => {
  const { growth } = await outputOf('../../threads/scripts/many-texts.ts', ['200000'])
  expect(growth).toBeLessThan(150 * 2 ** 20)
})
