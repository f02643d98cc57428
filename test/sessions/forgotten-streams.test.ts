import { join } from 'node:path'
import { expect, test } from 'vitest'
import { resultOf } from '../support/script-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

test('a stream that nobody reads any more is found, warned of with its place, and gives its connection back', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const forgotten = await resultOf('sessions/scripts/forgotten-streams.ts', [url])
  expect(Object.keys(forgotten)).toHaveLength(5)
  for (const found of Object.values(forgotten)) {
    expect(found).toMatchObject({
      checkedOut: [1, 0],
      warnings: [expect.stringMatching(/a checkout was forgotten. [^]*theForgetful/)],
    })
  }
})
