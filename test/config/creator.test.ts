import type { DatabaseCreator, PooledSqliteDialectConfig } from '@poolclass/dialect'
import BetterSqlite3 from 'better-sqlite3'
import { randomUUID } from 'node:crypto'
import { readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, test } from 'vitest'
import { testedDriver } from '../support/driver.ts'
import { open } from '../support/open.ts'
import { isOpen, LibraryDatabase, PlainDatabase } from '../support/plain-database.ts'
import { RawLock } from '../support/raw-lock.ts'
import { failureOf } from '../support/failure.ts'
import { skips } from '../support/skips.ts'
import { onEachOf, run, times } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { creatorOf } from '../threads/creators.ts'
import { type CreatorName, creators } from './scripts/creators-of-every-kind.ts'

/** The handles that were opened in this thread during a test. */
const handles: LibraryDatabase[] = []

afterEach(() => {
  for (const handle of handles.splice(0)) if (isOpen(handle) === true) handle.close()
})

/** A module whose default export is that creator. */
function moduleOf(name: CreatorName): URL {
  const module = JSON.stringify(new URL('scripts/creators-of-every-kind.ts', import.meta.url))
  return creatorOf(`import { creators } from ${module}; export default creators.${name}`)
}

type WithCreator = (name: CreatorName) => Pick<PooledSqliteDialectConfig, 'creator' | 'threads'>

const aFunction: WithCreator = (name) => ({
  threads: 0,
  creator: (location, opening) => {
    const create: DatabaseCreator = creators[name]
    const handle = create(location, opening)
    handles.push(handle as LibraryDatabase)
    return handle
  },
})
const aModule: WithCreator = (name) => ({ threads: 0, creator: moduleOf(name) })
const aModuleInAThread: WithCreator = (name) => ({ threads: 1, creator: moduleOf(name) })

/** A file with a table and a row, and its directory. */
function filled(): { readonly path: string; readonly directory: string } {
  const directory = temporaryDirectory()
  const path = join(directory, 'app.db')
  new PlainDatabase(path).exec('create table t (a); insert into t values (1)').close()
  return { path, directory }
}

const READ_ONLY: readonly (readonly [string, (path: string) => PooledSqliteDialectConfig])[] = [
  ['mode=ro', (path) => ({ url: `file:${path}?mode=ro` })],
  ['readonly', (path) => ({ url: path, connectArgs: { readonly: true } })],
]

const MUST_EXIST: readonly (readonly [string, (path: string) => PooledSqliteDialectConfig])[] = [
  ...READ_ONLY,
  ['mode=rw', (path) => ({ url: `file:${path}?mode=rw` })],
  ['fileMustExist', (path) => ({ url: path, connectArgs: { fileMustExist: true } })],
]

function claimsOf(withCreator: WithCreator): void {
  describe.each(['obeys', 'opensReadOnly'] as const)('and %s', (name) => {
    test.each(READ_ONLY)('cannot write where the config says %s', async (_says, config) => {
      const { path } = filled()
      const { db } = open({ ...config(path), poolclass: 'QueuePool', ...withCreator(name) })
      expect(await failureOf(run(db, 'insert into t values (2)'))).toMatchObject({ code: 'SQLITE_READONLY' })
      await run(db, 'pragma query_only = off')
      expect(await failureOf(run(db, 'insert into t values (2)'))).toMatchObject({ code: 'SQLITE_READONLY' })
      const inTransaction = db.transaction().execute((trx) => run(trx, 'delete from t'))
      expect(await failureOf(inTransaction)).toMatchObject({ code: 'SQLITE_READONLY' })
      const readOnly = db.transaction().setAccessMode('read only')
      expect(await readOnly.execute((trx) => run(trx, 'select a from t'))).toEqual([{ a: 1 }])
      expect(await failureOf(run(db, 'delete from t'))).toMatchObject({ code: 'SQLITE_READONLY' })
    })
  })

  describe.each(['readsThePath', 'guardsByPragma'] as const)('and %s', (name) => {
    test.each(READ_ONLY)(
      'is refused where the config says %s, because no more than a pragma would forbid it to write',
      async (_says, config) => {
        const { path } = filled()
        const { db, dialect } = open({ ...config(path), ...withCreator(name) })
        const error = await failureOf(run(db, 'select a from t'))
        expect(error).toMatchObject({ code: 'POOLCLASS_CONFIG', key: 'creator' })
        expect(error.message).toMatch(/can write.*options/)
        expect(handles.map(isOpen)).toEqual(handles.map(() => false))
        expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, idle: 0 })
        expect(await run(open(path).db, 'select a from t')).toEqual([{ a: 1 }])
      },
    )

    test.each(READ_ONLY)('is refused with %s while somebody else writes, too', async (_says, config) => {
      const { path } = filled()
      const other = new RawLock(path)
      const { db } = open({ ...config(path), ...withCreator(name) })
      expect(await failureOf(run(db, 'select a from t'))).toMatchObject({ code: 'POOLCLASS_CONFIG' })
      other.release()
    })
  })

  describe.each(['obeys', 'readsThePath'] as const)('and %s', (name) => {
    test.each(MUST_EXIST)('creates no file where the config says %s', async (_says, config) => {
      const directory = temporaryDirectory()
      const { db, dialect } = open({ ...config(join(directory, 'app.db')), ...withCreator(name) })
      const error = await failureOf(run(db, 'select 1'))
      expect(error).toMatchObject({ name: 'SqliteError', code: 'SQLITE_CANTOPEN' })
      expect(error.message).toMatch(/app\.db \(it does not exist\)$/)
      expect(readdirSync(directory)).toEqual([])
      expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, idle: 0 })
    })

    test('writes where nothing forbids it', async () => {
      const { path } = filled()
      const { db } = open({ url: path, poolclass: 'QueuePool', ...withCreator(name) })
      await run(db, 'insert into t values (2)')
      expect(await onEachOf(db, 3, 'select count(*) as n from t')).toEqual(times(3, [{ n: 2 }]))
    })
  })

  test.skipIf(skips.whereNamesAreNotTold).each(['immutable=1', 'nolock=1', 'vfs=unix-none', 'psow=0'])(
    'and obeys opens the file with %s',
    async (parameter) => {
      const { path, directory } = filled()
      const { db } = open({ url: `file:${path}?${parameter}`, ...withCreator('obeys') })
      expect(await run(db, 'select a from t')).toEqual([{ a: 1 }])
      const outcome = await run(db, 'insert into t values (2)').catch(
        (error: Error & { code: string }) => error.code,
      )
      expect(outcome).toEqual(parameter === 'immutable=1' ? 'SQLITE_READONLY' : [])
      expect(readdirSync(directory)).toEqual(['app.db'])
    },
  )

  test.runIf(skips.whereNamesAreNotTold).each(['immutable=1', 'nolock=1', 'vfs=unix-none', 'psow=0'])(
    'and obeys is refused where the URL says %s, because a database of node:sqlite does not tell its name',
    async (parameter) => {
      const { path } = filled()
      const { db } = open({ url: `file:${path}?${parameter}`, ...withCreator('obeys') })
      const { message } = await failureOf(run(db, 'select 1'))
      expect(message).toContain(`the dialect cannot tell whether ${parameter.replace(/=.*/, '')} holds`)
    },
  )

  test.each(['immutable=1', 'nolock=1', 'vfs=unix-none', 'psow=0'])(
    'is refused where it reads the path alone and the URL says %s, which nobody can see in a handle',
    async (parameter) => {
      const { path } = filled()
      const { db } = open({ url: `file:${path}?${parameter}`, ...withCreator('readsThePath') })
      const error = await failureOf(run(db, 'select 1'))
      expect(error).toMatchObject({ code: 'POOLCLASS_CONFIG', key: 'creator' })
      expect(error.message).toContain(parameter.replace(/=.*/, ''))
      // Only better-sqlite3 tells the name.
      expect(error.message).toMatch(/under another name than it was given|does not tell the name/)
    },
  )

  test('and obeys opens a name that ends with a space', async () => {
    const directory = temporaryDirectory()
    const { db } = open({ url: `file:${join(directory, 'app.db%20')}`, ...withCreator('obeys') })
    await run(db, 'create table t (a)')
    expect(readdirSync(directory)).toEqual(['app.db '])
  })

  test.each(['obeys', 'spellsItOtherwise'] as const)(
    'and %s shares the shared memory that the URL names',
    async (name) => {
      const url = `file:/${randomUUID()}?vfs=memdb`
      const { db } = open({ url, poolclass: 'QueuePool', ...withCreator(name) })
      await run(db, 'create table t as select 1 as a')
      expect(await onEachOf(db, 3, 'select a from t')).toEqual(times(3, [{ a: 1 }]))
      expect(await run(open(url).db, 'select a from t')).toEqual([{ a: 1 }])
      const readOnly = open({ url: `${url}&mode=ro`, ...withCreator(name) })
      const code = name === 'obeys' ? 'SQLITE_READONLY' : 'POOLCLASS_CONFIG'
      expect(await failureOf(run(readOnly.db, 'delete from t'))).toMatchObject({ code })
    },
  )

  test.each(['isPrivate', 'isTemporary', 'forgetsTheSlash', 'opensAnother'] as const)(
    'is refused where the URL names shared memory, and it %s',
    async (name) => {
      const url = `file:${randomUUID()}?mode=memory&cache=shared`
      const { db, dialect } = open({ url, poolclass: 'QueuePool', ...withCreator(name) })
      const error = await failureOf(run(db, 'select 1'))
      expect(error).toMatchObject({ code: 'POOLCLASS_CONFIG', key: 'creator' })
      expect(error.message).toMatch(/another database.*filename/)
      expect(handles.map(isOpen)).toEqual(handles.map(() => false))
      expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, idle: 0 })
    },
  )

  test('waits while somebody writes to the shared memory that it is to share', async () => {
    const url = `file:${randomUUID()}?mode=memory&cache=shared`
    const { db: writer } = open({ url, poolclass: 'QueuePool' })
    await run(writer, 'create table t (a)')
    const { db } = open({ url, ...withCreator('spellsItOtherwise') })
    const rows = await writer.transaction().execute(async (trx) => {
      await run(trx, 'insert into t values (1)')
      const read = run(db, 'select a from t')
      await new Promise((resolve) => setTimeout(resolve, 50))
      return { read }
    })
    expect(await rows.read).toEqual([{ a: 1 }])
  })

  test.each(['isPrivate', 'isTemporary', 'opensAnother'] as const)(
    'is refused where the URL names a file, and it %s',
    async (name) => {
      const { path } = filled()
      const { db } = open({ url: path, ...withCreator(name) })
      const error = await failureOf(run(db, 'select 1'))
      expect(error).toMatchObject({ code: 'POOLCLASS_CONFIG', key: 'creator' })
      expect(error.message).toMatch(/another database.*app\.db/)
      expect(handles.map(isOpen)).toEqual(handles.map(() => false))
    },
  )

  test('may open the file by another name of it', async () => {
    const { path, directory } = filled()
    symlinkSync(path, join(directory, 'link.db'))
    const { db } = open({ url: join(directory, 'link.db'), ...withCreator('readsThePath') })
    expect(await run(db, 'select a from t')).toEqual([{ a: 1 }])
  })

  test('may open what it likes for a private database', async () => {
    const { db } = open({ url: ':memory:', ...withCreator('isTemporary') })
    expect(await run(db, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('is refused where it leaves a transaction open', async () => {
    const { path } = filled()
    const { db } = open({ url: path, ...withCreator('beginsATransaction') })
    const error = await failureOf(run(db, 'select 1'))
    expect(error).toMatchObject({ code: 'POOLCLASS_CONFIG', key: 'creator' })
    expect(error.message).toMatch(/transaction/)
    expect(handles.map(isOpen)).toEqual(handles.map(() => false))
  })

  test('is refused where it returns a closed handle', async () => {
    const { path } = filled()
    const { db } = open({ url: path, ...withCreator('closesIt') })
    expect(await failureOf(run(db, 'select 1'))).toMatchObject({ code: 'POOLCLASS_CONFIG', key: 'creator' })
  })
}

describe('a creator that is a function', () => {
  claimsOf(aFunction)
})
describe('a creator that is a module', () => {
  claimsOf(aModule)
})
describe('a creator that is a module in a thread', { tags: 'slow' }, () => {
  claimsOf(aModuleInAThread)
})

test('a creator is told the location, the file name and the options', async () => {
  const told: unknown[] = []
  const { path } = filled()
  const { db } = open({
    url: `file:${path}?mode=ro`,
    threads: 0,
    creator: (location, { filename, options }) => {
      told.push(location, filename, options)
      return new LibraryDatabase(filename, options)
    },
  })
  await run(db, 'select 1')
  expect(told).toEqual([
    { kind: 'file', path, mode: 'ro' },
    path,
    testedDriver === 'node:sqlite'
      ? { readOnly: true, timeout: 0, defensive: false, allowExtension: true }
      : { readonly: true, fileMustExist: false, timeout: 0 },
  ])
})

test('connections of a pool never share a handle', async () => {
  const { path } = filled()
  const handle = new LibraryDatabase(path)
  handles.push(handle)
  const { db } = open({ url: path, threads: 0, poolclass: 'QueuePool', creator: () => handle })
  await db.connection().execute(async (connection) => {
    await run(connection, 'select 1')
    const error = await failureOf(run(db, 'select 1'))
    expect(error).toMatchObject({ code: 'POOLCLASS_CONFIG', key: 'creator' })
    expect(error.message).toMatch(/another connection/)
    expect(await run(connection, 'select a from t')).toEqual([{ a: 1 }])
  })
})

describe('what a creator returns instead of a handle is closed:', () => {
  test('a promise of one', async () => {
    const handle = new LibraryDatabase(':memory:')
    const creator = (() => Promise.resolve(handle)) as unknown as DatabaseCreator
    const { db } = open({ url: ':memory:', threads: 0, creator })
    expect(await failureOf(run(db, 'select 1'))).toMatchObject({ code: 'POOLCLASS_CONFIG' })
    expect(isOpen(handle)).toBe(false)
  })

  test('a promise that rejects', async () => {
    const creator = (() => Promise.reject(new Error('no key'))) as unknown as DatabaseCreator
    const { db } = open({ url: ':memory:', threads: 0, creator })
    expect(await failureOf(run(db, 'select 1'))).toMatchObject({ code: 'POOLCLASS_CONFIG' })
  })

  test('a database of another library', async () => {
    const Other = testedDriver === 'node:sqlite' ? BetterSqlite3 : DatabaseSync
    const handle = new Other(':memory:')
    const { db } = open({ url: ':memory:', threads: 0, creator: () => handle })
    expect(await failureOf(run(db, 'select 1'))).toMatchObject({ code: 'POOLCLASS_CONFIG' })
    expect(isOpen(handle)).toBe(false)
  })
})

test('a pragma that fails closes the handle of the creator', async () => {
  const { path } = filled()
  const { db } = open({
    url: path,
    connectArgs: { readonly: true },
    pragmas: { journal_mode: 'wal' },
    ...aFunction('obeys'),
  })
  expect(await failureOf(run(db, 'select 1'))).toMatchObject({ code: 'SQLITE_READONLY' })
  expect(handles.map(isOpen)).toEqual([false])
})

test('a connection sees that the user has ended its transaction with the handle', async () => {
  const { dialect } = open({ url: ':memory:', ...aFunction('obeys') })
  await using pooled = await dialect.pool.connect()
  const { connection } = pooled
  await connection.execute('begin', [])
  await connection.execute('select 1', [])
  expect(connection.inTransaction).toBe(true)
  handles[0]!.exec('commit')
  expect(connection.inTransaction).toBe(false)
})
