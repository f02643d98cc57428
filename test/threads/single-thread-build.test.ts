import { expect, test } from 'vitest'
import { resultOf } from '../support/script-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

function refused(key: string): object {
  return {
    name: 'DialectConfigError',
    code: 'POOLCLASS_CONFIG',
    key,
    message: expect.stringContaining('THREADSAFE=0'),
  }
}

test('a SQLite build for one thread is refused wherever a second one is involved, and works on the main thread', async () => {
  const { main, worker } = await resultOf('threads/scripts/single-thread-build.ts', [], {
    cwd: temporaryDirectory(),
  })
  const safety = { mode: 'single-thread', level: 0, compiledWith: 'THREADSAFE=0' }
  expect(main).toEqual({
    safety,
    plain: [{ x: 1 }],
    file: [{ x: 1 }],
    threads: refused('threads'),
    checkSameThread: refused('connectArgs.checkSameThread'),
  })
  expect(worker).toEqual({
    safety,
    plain: refused('url'),
    file: refused('url'),
    threads: refused('threads'),
    checkSameThread: refused('connectArgs.checkSameThread'),
  })
})
