import { expect, test } from 'vitest'
import { resultOf } from '../support/script-process.ts'

test('a thread that runs out of memory takes neither the process nor the database with it', async () => {
  const env = { ...process.env, NODE_OPTIONS: '--max-old-space-size=64' }
  expect(await resultOf('threads/scripts/out-of-memory.ts', [], { env })).toEqual({
    code: 'POOLCLASS_THREAD_DIED',
    after: [{ x: 1 }],
  })
})

test('a hundred deaths leave no thread, handle or listener behind', { tags: 'slow' }, async () => {
  const { before, after } = await resultOf('threads/scripts/hundred-deaths.ts', [])
  expect(after).toEqual(before)
})
