import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { sampled } from '../support/effort.ts'
import { open } from '../support/open.ts'
import { resultOf } from '../support/script-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Runs a script of `test/config/scripts` in a new process and an empty directory; returns what it printed. */
function runScript(name: string, argv: readonly string[], uri?: string): Promise<any> {
  const { SQLITE_USE_URI: _, ...rest } = process.env
  const env = uri === undefined ? rest : { ...rest, SQLITE_USE_URI: uri }
  return resultOf(`config/scripts/${name}`, argv, { cwd: temporaryDirectory(), env })
}

const shared = 'file:x?mode=memory&cache=shared'
const uris = [shared, 'file::memory:?cache=shared', 'file:/x?vfs=memdb', 'file:app.db?nolock=1']

test('the first database that is opened puts SQLITE_USE_URI back as it was', async () => {
  const { db } = open(':memory:')
  await sql`select 1`.execute(db)
  expect(Object.hasOwn(process.env, 'SQLITE_USE_URI')).toBe(false)
})

test('a SQLITE_USE_URI that the user sets after the import stays as it is', async () => {
  expect(await runScript('set-after-import.ts', ['0'])).toEqual({
    code: 'POOLCLASS_URI_OFF',
    env: '0',
    files: [],
  })
})

test('a child process has SQLITE_USE_URI only if it was started between the import and the first query', async () => {
  expect(await runScript('child-environments.ts', [])).toEqual({ before: '1', after: null })
})

test('an import on the main thread is enough for a worker that opens the first database', async () => {
  expect(await runScript('worker-opens-first.ts', [])).toEqual({ rows: [{ x: 7 }], files: [], env: null })
})

test('a program that opens no database of better-sqlite3 does not load it', async () => {
  expect(await runScript('package-unused.ts', [])).toEqual({ kind: 'file', loaded: [] })
})

describe('where better-sqlite3 was loaded before the package', () => {
  test('a URL that needs URI file names is an error with the cure, and no file is created', async () => {
    const { outcomes, files, env } = await runScript('addon-loaded-first.ts', uris)
    for (const uri of uris) {
      expect(outcomes[uri]).toEqual({
        ours: true,
        code: 'POOLCLASS_URI_OFF',
        message: expect.stringContaining('SQLITE_USE_URI=1'),
      })
      expect(outcomes[uri].message).toMatch(/main thread/)
    }
    expect(files).toEqual([])
    expect(env).toBeNull()
  })

  test('files and private memory work all the same', async () => {
    const urls = [':memory:', 'app.db', 'file:other.db?mode=rwc', '']
    const { outcomes, files } = await runScript('addon-loaded-first.ts', urls)
    expect(outcomes).toEqual(Object.fromEntries(urls.map((url) => [url, [{ one: 1 }]])))
    expect(files).toEqual(['app.db', 'other.db'])
  })

  test('SQLITE_USE_URI=1 is the cure that the error says it is', async () => {
    const { outcomes, files, env } = await runScript('addon-loaded-first.ts', [shared], '1')
    expect(outcomes).toEqual({ [shared]: [{ one: 1 }] })
    expect(files).toEqual([])
    expect(env).toBe('1')
  })
})

test('a SQLITE_USE_URI=0 of the user is respected, and shared memory says what is missing', async () => {
  const { mine, files, env } = await runScript('package-loaded-first.ts', [JSON.stringify(shared)], '0')
  expect({ mine, files, env }).toEqual({ mine: 'POOLCLASS_URI_OFF', files: [], env: '0' })
})

test('a worker that loads the package alone gets the error, and no file is created', async () => {
  const { code, message, files } = await runScript('worker-loads-first.ts', [])
  expect(code).toBe('POOLCLASS_URI_OFF')
  expect(message).toMatch(/main thread/)
  expect(files).toEqual([])
})

describe('another thread that evaluates the same config sees the same tables', () => {
  const configs = [
    shared,
    { url: ':memory:', poolclass: 'StaticPool', connectArgs: { checkSameThread: false } },
    'file::memory:?cache=shared',
    { url: shared, poolclass: 'NullPool' },
  ]
  test.each(sampled(configs, 2))('with %j', async (config) => {
    const { seen, files, env } = await runScript('package-loaded-first.ts', [JSON.stringify(config)])
    expect({ seen, files, env }).toEqual({ seen: [{ x: 7 }], files: [], env: null })
  })

  test('but not with private memory, and the error says so', async () => {
    const { seen } = await runScript('package-loaded-first.ts', ['":memory:"'])
    expect(seen).toMatch(/^no such table: t.*cache=shared/)
  })
})
