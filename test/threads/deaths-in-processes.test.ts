import { expect, test } from 'vitest'
import { outputOf } from '../support/script.ts'

test('a thread that runs out of memory takes neither the process nor the database with it', async () => {
  const env = { ...process.env, NODE_OPTIONS: '--max-old-space-size=64' }
  expect(await outputOf('../../threads/scripts/out-of-memory.ts', [], { env })).toEqual({
    code: 'POOLCLASS_THREAD_DIED',
    after: [{ x: 1 }],
  })
})

test('a hundred deaths leave no thread, handle or listener behind', async () => {
  const { before, after } = await outputOf('../../threads/scripts/hundred-deaths.ts', [])
  expect(after).toEqual(before)
})
