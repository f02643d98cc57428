import { expect, test } from 'vitest'
import { resultOf } from '../support/script-process.ts'

/**
 * Node.js raises the limit by 16 MB for a thread that has reached it, and ends the thread. Where the young generation, which
 * may be 64 MB and more, survives as a whole just then, that is not enough, and V8 aborts the process. So it is small here.
 * https://github.com/nodejs/node/issues/47224, and https://github.com/nodejs/node/pull/64107 for a test of Node.js itself.
 */
const LITTLE_MEMORY = '--max-old-space-size=64 --max-semi-space-size=1'

test('a thread that runs out of memory takes neither the process nor the database with it', async () => {
  const env = { ...process.env, NODE_OPTIONS: LITTLE_MEMORY }
  expect(await resultOf('threads/scripts/out-of-memory.ts', [], { env })).toEqual({
    code: 'POOLCLASS_THREAD_DIED',
    after: [{ x: 1 }],
  })
})

test('a hundred deaths leave no thread, handle or listener behind', { tags: 'slow' }, async () => {
  const { before, after } = await resultOf('threads/scripts/hundred-deaths.ts', [])
  expect(after).toEqual(before)
})
