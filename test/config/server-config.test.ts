import { PooledSqliteDialect, serverConfig } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { open } from '../support/open.ts'
import { run, thrownBy } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

test('the config of a server is a plain object that says all it sets', () => {
  const config = serverConfig('app.db')
  expect(config).toEqual({
    url: 'app.db',
    poolclass: 'QueuePool',
    poolSize: 5,
    maxOverflow: 10,
    poolTimeout: 10_000,
    poolRecycle: 3_600_000,
    connectArgs: { timeout: 5000 },
    pragmas: { journal_mode: 'wal', synchronous: 'normal', foreign_keys: true },
    transactionTimeout: 30_000,
    statementTimeout: 30_000,
    slowQueryThreshold: 1000,
    walLimit: '64MB',
    optimize: true,
  })
  expect(JSON.parse(JSON.stringify(config))).toEqual(config)
})

test('what the user gives replaces a key, is added, or is merged where it has keys of its own', () => {
  const before = {
    poolSize: 2,
    threads: 1,
    connectArgs: { safeIntegers: true },
    pragmas: { cache_size: '1MB' },
  }
  const given = structuredClone(before)
  const config = serverConfig('app.db', given)
  expect(config).toMatchObject({
    poolSize: 2,
    maxOverflow: 10,
    threads: 1,
    connectArgs: { timeout: 5000, safeIntegers: true },
    pragmas: { journal_mode: 'wal', cache_size: '1MB' },
  })
  expect(given).toEqual(before)
  expect(serverConfig('app.db', { poolSize: undefined }).poolSize).toBe(5)
  expect(serverConfig('app.db', { walLimit: null }).walLimit).toBeNull()
  // The next one has none of it.
  expect(serverConfig('app.db').pragmas).not.toHaveProperty('threads')
  expect(serverConfig('app.db').pragmas).not.toHaveProperty('cache_size')
})

test('another pool class gets no sizes that it does not take', () => {
  const config = serverConfig('app.db', { poolclass: 'SingletonThreadPool', threads: 2 })
  expect(config).toMatchObject({ poolclass: 'SingletonThreadPool', threads: 2 })
  expect(config).not.toHaveProperty('poolSize')
  expect(config).not.toHaveProperty('maxOverflow')
  expect(() => new PooledSqliteDialect(config)).not.toThrow()
})

test('a dialect with it has what it says', async () => {
  const file = join(temporaryDirectory(), 'app.db')
  const dialect = new PooledSqliteDialect(serverConfig(pathToFileURL(file)))
  const db = new Kysely<any>({ dialect })
  onTestFinished(() => db.destroy())
  const [settings] = await run(
    db,
    'select * from pragma_journal_mode, pragma_synchronous, pragma_foreign_keys',
  )
  expect(settings).toEqual({ journal_mode: 'wal', synchronous: 1, foreign_keys: 1 })
  expect(await dialect.check()).toMatchObject({ journalMode: 'wal', wal: { limit: 64 * 2 ** 20 } })
})

test('serverConfig sets no walLimit where somebody else makes the checkpoints, as Litestream does', () => {
  const pragmas = { wal_autocheckpoint: 0 }
  const config = serverConfig('app.db', { pragmas })
  expect(config).not.toHaveProperty('walLimit')
  expect(config.pragmas).toMatchObject({ journal_mode: 'wal', wal_autocheckpoint: 0 })
  expect(serverConfig('app.db', { pragmas, walLimit: '8MB' }).walLimit).toBe('8MB')
  expect(serverConfig('file:app.db?vfs=unix-dotfile')).not.toHaveProperty('walLimit')
})

test('serverConfig sets no walLimit where no other connection can make checkpoints', async () => {
  const file = join(temporaryDirectory(), 'app.db')
  const config = serverConfig(file, { pragmas: { locking_mode: 'exclusive' }, poolSize: 1, maxOverflow: 0 })
  expect(config).not.toHaveProperty('walLimit')
  const { db } = open(config)
  await run(db, 'create table t (a)')
  expect(await run(db, 'pragma journal_mode')).toEqual([{ journal_mode: 'wal' }])
})

test.each<[string, string, Parameters<typeof serverConfig>[1]]>([
  ['?mode=ro', 'delete', {}],
  ['?mode=ro', 'wal', {}],
  ['?immutable=1', 'delete', {}],
  ['', 'delete', { connectArgs: { readonly: true } }],
  ['', 'wal', { connectArgs: { readonly: true } }],
])(
  'the config of a server reads a file that is opened with %o, whose journal mode is %s',
  async (query, mode, more) => {
    const url = pathToFileURL(join(temporaryDirectory(), 'app.db')).href
    const writer = open({ url, pragmas: { journal_mode: mode } })
    await run(writer.db, 'create table t (a)')
    await writer.db.destroy()
    const config = serverConfig(url + query, more)
    for (const key of ['walLimit', 'optimize']) expect(config).not.toHaveProperty(key)
    expect(config.pragmas).toEqual({ foreign_keys: true })
    const { db } = open(config)
    expect(await run(db, 'select count(*) as n from t')).toEqual([{ n: 0 }])
    await db.destroy()
  },
)

test('the config of a server works with a file without locks, which has no WAL', async () => {
  const url = `${pathToFileURL(join(temporaryDirectory(), 'app.db')).href}?nolock=1`
  const config = serverConfig(url)
  expect(config).not.toHaveProperty('walLimit')
  expect(config).toMatchObject({ optimize: true })
  await run(open(config).db, 'create table t (a)')
})

test.each([':memory:', 'file:x?mode=memory&cache=shared', '', 'http://localhost:8080'])(
  'serverConfig refuses %o, which is no file',
  (url) => {
    expect(thrownBy(() => serverConfig(url))).toMatchObject({
      code: 'POOLCLASS_CONFIG',
      key: 'url',
      message: expect.stringContaining('serverConfig() is for a database file'),
    })
  },
)

test('serverConfig finds a mistake at once', () => {
  expect(thrownBy(() => serverConfig('app.db', { pool_size: 5 } as never))).toMatchObject({
    code: 'POOLCLASS_CONFIG',
    key: 'pool_size',
  })
  expect(thrownBy(() => serverConfig('postgres://host/db'))).toMatchObject({ code: 'POOLCLASS_URL' })
})
