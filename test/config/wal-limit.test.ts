import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import { CompiledQuery, type DatabaseConnection, sql } from 'kysely'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkConfig } from '../../packages/dialect/src/config/check-config.ts'
import { open } from '../support/open.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const MB = 1024 ** 2

function limitOf(config: PooledSqliteDialectConfig): number {
  return checkConfig(config).walLimit
}

test('the limit is 64 MiB for a file, and can be given in bytes or with a unit', () => {
  expect(limitOf({ url: 'app.db' })).toBe(64 * MB)
  expect(limitOf({ url: 'app.db', walLimit: null })).toBe(64 * MB)
  expect(limitOf({ url: 'app.db', walLimit: 8 * MB })).toBe(8 * MB)
  expect(limitOf({ url: 'app.db', walLimit: '16MB' })).toBe(16 * MB)
  expect(limitOf({ url: 'app.db', walLimit: '1 GiB' })).toBe(1024 * MB)
  expect(limitOf({ url: 'app.db', walLimit: 0 })).toBe(0)
})

test('the limit is off by default where the user has turned checkpoints off, as for Litestream', () => {
  expect(limitOf({ url: 'app.db', pragmas: { wal_autocheckpoint: 0 } })).toBe(0)
  expect(limitOf({ url: 'app.db', pragmas: { wal_autocheckpoint: 0 }, walLimit: '8MB' })).toBe(8 * MB)
})

test.each(['unix', 'unix-excl', 'win32', 'win32-longpath', 'multipleciphers-unix'])(
  'the limit is on by default with SQLite’s own VFS %s, whose connections share a WAL beside the file',
  (vfs) => {
    expect(limitOf({ url: `file:app.db?vfs=${vfs}` })).toBe(64 * MB)
  },
)

test.each(['unix-dotfile', 'unix-none', 'shim'])(
  'the limit is off by default with the VFS %s, which may have no WAL, or have it elsewhere',
  (vfs) => {
    expect(limitOf({ url: `file:app.db?vfs=${vfs}` })).toBe(0)
    expect(limitOf({ url: `file:app.db?vfs=${vfs}`, walLimit: '8MB' })).toBe(8 * MB)
  },
)

test.each([-1, 1.5, Number.NaN, Infinity, 1000, '64', '64 megabytes', '', true, {}])(
  'walLimit: %j is refused, because it is no size',
  (walLimit) => {
    const config = { url: 'app.db', walLimit } as PooledSqliteDialectConfig
    expect(() => checkConfig(config)).toThrow(/^walLimit must be 0 \(off\), .*'64MB', not/)
  },
)

describe('where nobody can make a checkpoint, a limit is refused with the reason', () => {
  test.each<[PooledSqliteDialectConfig, RegExp]>([
    [{ url: ':memory:' }, /a memory database has no WAL/],
    [{ url: '' }, /a temporary database has no WAL/],
    [{ url: 'file:a?mode=memory&cache=shared' }, /a shared-memory database has no WAL/],
    [{ url: 'file:app.db?mode=ro' }, /opened for reading only/],
    [{ url: 'app.db', connectArgs: { readonly: true } }, /opened for reading only/],
    [{ url: 'file:app.db?immutable=1' }, /immutable/],
    [{ url: 'file:app.db?nolock=1' }, /without locks/],
    [{ url: 'app.db', pragmas: { locking_mode: 'EXCLUSIVE' } }, /locking_mode exclusive/],
  ])('%j', (config, reason) => {
    expect(() => checkConfig({ ...config, walLimit: '64MB' })).toThrow(reason)
    expect(() => checkConfig({ ...config, walLimit: 0 })).not.toThrow()
    expect(() => checkConfig(config)).not.toThrow()
  })
})

/** After how many pages a commit makes a checkpoint. */
async function checkpointAt(more: Omit<PooledSqliteDialectConfig, 'url'>): Promise<unknown> {
  const { db } = open({ url: join(temporaryDirectory(), 'app.db'), ...more })
  const { rows } = await sql<object>`pragma wal_autocheckpoint`.execute(db)
  return Object.values(rows[0]!)[0]
}

async function setAutocheckpoint(connection: DatabaseConnection): Promise<void> {
  await connection.executeQuery(CompiledQuery.raw('pragma wal_autocheckpoint = 77'))
}

describe('the commits of connections', () => {
  test('make no checkpoint of their own below twice the limit', async () => {
    expect(await checkpointAt({ walLimit: '8MB' })).toBe((16 * MB) / 4096)
  })

  test('make SQLite’s where the limit is off', async () => {
    expect(await checkpointAt({ walLimit: 0 })).toBe(1000)
  })

  test.each(['wal_autocheckpoint', 'main.WAL_autocheckpoint'])(
    'make those that the user’s own pragma %s says',
    async (name) => {
      expect(await checkpointAt({ pragmas: { [name]: 123 } })).toBe(123)
    },
  )

  test('make those that onCreateConnection says', async () => {
    expect(await checkpointAt({ onCreateConnection: setAutocheckpoint })).toBe(77)
  })
})
