import { expect, test } from 'vitest'
import { POOL_CLASSES } from '../support/pool-classes.ts'
import { resultOf } from '../support/script-process.ts'

test('a checkout that nobody holds any more is warned of, reset and given back, by every pool class', async () => {
  const { forgotten, inOrder } = await resultOf('pools/scripts/forgotten-checkouts.ts')
  expect(Object.keys(forgotten)).toEqual(POOL_CLASSES)
  for (const poolclass of POOL_CLASSES) {
    const place = new RegExp(`^${poolclass}: a checkout was forgotten. [^]*theForgetful`)
    expect(forgotten[poolclass]).toMatchObject({
      // Found without anybody asking, and then while somebody waits for it where that is how the class works.
      checkedOut: [1, 0, 0],
      warnings: [expect.stringMatching(place), expect.stringMatching(place)],
      calls: expect.arrayContaining(['reset: forgotten', 'rollback']),
    })
    expect(forgotten[poolclass].calls.includes('close')).toBe(poolclass === 'NullPool')
  }
  expect(inOrder).toEqual({ checkedOut: 1, warnings: [] })
})
