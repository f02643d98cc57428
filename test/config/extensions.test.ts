import { ExtensionError, PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { getLoadablePath } from 'sqlite-vec'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { WorkingDirectory } from '../url/working-directory.ts'
import { open } from '../support/open.ts'
import { openFilesIn } from '../support/open-files.ts'
import { failureOf } from '../support/failure.ts'
import { LibraryDatabase } from '../support/plain-database.ts'
import { run, thrownBy } from '../support/statements.ts'
import { skips } from '../support/skips.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const VEC = getLoadablePath()
const SUFFIX = VEC.slice(VEC.lastIndexOf('.'))
const VERSION = 'select vec_version() as version'

const HOMES = [
  ['this thread', 0],
  ['another thread', 1],
] as const

describe.each(HOMES)('an extension on a connection in %s', (_, threads) => {
  test.each<[string, () => NonNullable<PooledSqliteDialectConfig['extensions']>]>([
    ['a path', () => [VEC]],
    ['a path without its suffix', () => [VEC.slice(0, -SUFFIX.length)]],
    ['a file: URL', () => [pathToFileURL(VEC)]],
    ['an object with a path', () => [{ path: VEC, entryPoint: null }]],
    ['an object with a path and an entry point', () => [{ path: VEC, entryPoint: 'sqlite3_vec_init' }]],
    [
      'what JSON says',
      () => JSON.parse(JSON.stringify([{ path: VEC, entryPoint: 'sqlite3_vec_init' }, VEC])),
    ],
  ])('is named by %s', async (__, extensions) => {
    const { db } = open({ url: ':memory:', threads, extensions: extensions() })
    expect(await run(db, VERSION)).toEqual([{ version: expect.stringMatching(/^v\d/) }])
  })

  test.each(['./vec0', 'vec0', `folder/../vec0${SUFFIX}`])(
    'is looked for in the working directory in which the dialect was built (%s)',
    async (path) => {
      using first = new WorkingDirectory()
      mkdirSync(join(first.path, 'folder'))
      copyFileSync(VEC, join(first.path, `vec0${SUFFIX}`))
      const { db } = open({ url: ':memory:', threads, extensions: [path] })
      using second = new WorkingDirectory()
      expect(process.cwd()).toBe(second.path)
      expect(await run(db, VERSION)).toHaveLength(1)
    },
  )

  test('is there before the pragmas and onCreateConnection, on each connection', async () => {
    const seen: unknown[] = []
    const { db } = open({
      url: join(temporaryDirectory(), 'app.db'),
      threads,
      extensions: [VEC],
      onCreateConnection: async (connection) => {
        seen.push((await connection.executeQuery({ sql: VERSION, parameters: [] } as never)).rows.length)
      },
    })
    await run(db, 'select 1')
    await run(db, 'select 1')
    expect(seen).toEqual([1, 1])
  })

  function config(directory: string, extension: object | string): PooledSqliteDialectConfig {
    const url = join(directory, 'app.db')
    return { url, poolclass: 'QueuePool', threads, extensions: [extension as string] }
  }

  test.each<[string, (directory: string) => object | string, string | RegExp]>([
    ['is missing', (directory) => join(directory, 'nope'), /nope: there is no such file, with or without \./],
    ['is a directory', (directory) => directory, /: it is a directory\./],
    [
      'is no library',
      (directory) => written(directory, 'text', Buffer.from('hello')),
      /text\.\w+: it is not a shared library\./,
    ],
    ['is empty', (directory) => written(directory, 'empty', Buffer.alloc(0)), /it is not a shared library/],
    [
      'is cut off',
      (directory) => written(directory, 'cut', readFileSync(VEC).subarray(0, 60)),
      /cut\.\w+: .*cut\.\w+: [^:]*(too short|truncated|failed|%1)/,
    ],
    [
      'was built for another machine',
      (directory) => written(directory, 'foreign', forAnotherMachine()),
      /: it was built for (arm64|x64) \(\S+\), and this process is \S+ \(\S+\)\./,
    ],
    ['has no such entry point', () => ({ path: VEC, entryPoint: 'nonesuch' }), /vec0\.\w+: .*nonesuch/],
  ])('that %s is an error that says so, and leaves nothing open', async (__, extension, message) => {
    const directory = temporaryDirectory()
    const { db, dialect } = open(config(directory, extension(directory)))
    for (let n = 0; n < 2; n += 1) {
      const error = await failureOf(run(db, 'select 1'))
      expect(error).toBeInstanceOf(ExtensionError)
      expect(error).toMatchObject({ code: 'POOLCLASS_EXTENSION', message: expect.stringMatching(message) })
      expect(error.message).toMatch(/^Cannot load the extension \//)
    }
    expect(dialect.pool.status()).toMatchObject({ idle: 0, checkedOut: 0, opened: 0 })
    expect(openFilesIn(directory)).toEqual([])
  })
})

test('an extension that the system is to find by its mere name is looked for where it has its libraries', async () => {
  const { db } = open({ url: ':memory:', extensions: ['poolclass_nonesuch'] })
  const { message } = await failureOf(run(db, 'select 1'))
  expect(message).toMatch(/^Cannot load the extension poolclass_nonesuch: /)
})

test.skipIf(skips.inThreads)('a creator opens the handle, and the extensions are loaded on it', async () => {
  const { db } = open({
    url: ':memory:',
    extensions: [VEC],
    creator: (_, { filename, options }) => new LibraryDatabase(filename, options),
  })
  expect(await run(db, VERSION)).toHaveLength(1)
})

test.each<[unknown, string, RegExp]>([
  ['./vec0', 'extensions', /must be a list, such as .*not "\.\/vec0"/],
  [{ path: VEC }, 'extensions', /must be a list/],
  [[''], 'extensions[0]', /the path or the file: URL of a file, not ""/],
  [[VEC, 3], 'extensions[1]', /not 3/],
  [['a\0b'], 'extensions[0]', /the path/],
  [[new URL('file://elsewhere/vec0.so')], 'extensions[0]', /file: URL of a file/],
  [[new URL('https://host/vec0.so')], 'extensions[0]', /file: URL of a file/],
  [[{}], 'extensions[0].path', /not undefined/],
  [
    [{ path: VEC, entrypoint: 'x' }],
    'extensions[0].entrypoint',
    /did you mean extensions\[0\]\.entryPoint\?/,
  ],
  [[VEC, { pth: VEC }], 'extensions[1].pth', /did you mean extensions\[1\]\.path\?/],
  [[{ path: VEC, entryPoint: '' }], 'extensions[0].entryPoint', /the name of a C function, not ""/],
  [[{ path: VEC, entryPoint: 'not a name' }], 'extensions[0].entryPoint', /the name of a C function/],
])('extensions: %j is refused when the dialect is built', (extensions, key, message) => {
  const error = thrownBy(() => new PooledSqliteDialect({ url: ':memory:', extensions: extensions as never }))
  expect(error).toMatchObject({ code: 'POOLCLASS_CONFIG', key })
  expect(error.message).toMatch(message)
})

test('no extensions is what null and an empty list mean', async () => {
  for (const extensions of [null, undefined, []]) {
    const { db } = open({ url: ':memory:', extensions })
    expect(await run(db, 'select 1 as one')).toEqual([{ one: 1 }])
  }
})

/** Writes a file beside the database, and returns its path without the suffix. */
function written(directory: string, name: string, content: Buffer): string {
  writeFileSync(join(directory, name + SUFFIX), content)
  return join(directory, name)
}

/** The library with another machine in its head. */
function forAnotherMachine(): Buffer {
  const library = readFileSync(VEC)
  if (process.platform === 'linux') library.writeUInt16LE(process.arch === 'x64' ? 183 : 62, 18)
  else if (process.platform === 'darwin')
    library.writeUInt32LE(process.arch === 'x64' ? 0x0100000c : 0x01000007, 4)
  else library.writeUInt16LE(process.arch === 'x64' ? 0xaa64 : 0x8664, library.readUInt32LE(0x3c) + 4)
  return library
}
