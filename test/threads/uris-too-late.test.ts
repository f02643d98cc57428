import { describe, expect, test } from 'vitest'
import { resultOf } from '../support/script-process.ts'
import { times } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const configs = [
  'file:x?mode=memory&cache=shared',
  'file:/y?vfs=memdb',
  { url: ':memory:', poolclass: 'StaticPool', connectArgs: { checkSameThread: false } },
]

/** What comes of each config on the main thread and in a worker, and the files that were created. */
function outcomes(first: 'main' | 'worker', uri?: string): Promise<any> {
  const { SQLITE_USE_URI: _, ...rest } = process.env
  const env = uri === undefined ? rest : { ...rest, SQLITE_USE_URI: uri }
  return resultOf('threads/scripts/uris-too-late.ts', [first, JSON.stringify(configs)], {
    cwd: temporaryDirectory(),
    env,
  })
}

describe.each([
  ['better-sqlite3 opened a database on the main thread before the package was imported', 'main'],
  ['a worker imported the package before the main thread did', 'worker'],
] as const)('where %s', (_, first) => {
  test('shared memory is an error with the cures in every thread, and no file is created', async () => {
    const { main, worker, files } = await outcomes(first)
    for (const seen of [main, worker]) {
      expect(seen).toEqual(
        times(configs.length, {
          isUriSupportError: true,
          code: 'POOLCLASS_URI_OFF',
          message: expect.stringMatching(
            /Import @poolclass\/dialect on the main thread before .* or start Node\.js with .*SQLITE_USE_URI=1/,
          ),
        }),
      )
    }
    expect(files).toEqual([])
  })

  test('SQLITE_USE_URI=1 in the environment makes it one database for all threads', async () => {
    const { main, worker, files } = await outcomes(first, '1')
    const [writer, reader] = first === 'main' ? [main, worker] : [worker, main]
    expect(writer).toEqual(times(configs.length, []))
    expect(reader).toEqual(times(configs.length, [{ x: 7 }]))
    expect(files).toEqual([])
  })
})
