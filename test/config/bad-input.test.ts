import {
  DialectConfigError,
  DialectError,
  GenericPool,
  NullPool,
  Pool,
  PoolError,
  PoolOptionError,
  PooledSqliteDialect,
  QueuePool,
  SqliteUrlError,
  StaticPool,
} from '@poolclass/dialect'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { open } from '../support/open.ts'
import { OwnPool } from '../support/own-pool.ts'
import { failureOf } from '../support/failure.ts'
import { openPlain } from '../support/open-plain.ts'
import { PlainDatabase } from '../support/plain-database.ts'
import { POOL_CLASSES } from '../support/pool-classes.ts'
import { SqliteError } from '../support/sqlite-error.ts'
import { run, thrownBy } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** A directory to which the process changes until the test ends, so that stray files would show in it. */
function emptyWorkingDirectory(): string {
  const before = process.cwd()
  const directory = temporaryDirectory()
  process.chdir(directory)
  onTestFinished(() => process.chdir(before))
  return directory
}

const file = 'app.db'
const reject = (what: unknown): Error & { readonly code: string } =>
  thrownBy(() => new PooledSqliteDialect(what as string))

describe('the constructor refuses', () => {
  const configs: readonly (readonly [claim: string, config: unknown, key: string, message: RegExp])[] = [
    ['nothing at all', undefined, '', /undefined/],
    ['null', null, '', /null/],
    ['a number', 5, '', /not 5/],
    ['a config without url', {}, 'url', /needs a url/],
    ['an unknown key', { url: file, colour: 1 }, 'colour', /no config key colour.*poolSize/],
    ['a misspelt key', { url: file, poolSise: 1 }, 'poolSise', /did you mean poolSize\?/],
    [
      "SQLAlchemy's spelling of poolSize",
      { url: file, pool_size: 1 },
      'pool_size',
      /did you mean poolSize\?/,
    ],
    ['pool_class', { url: file, pool_class: 'NullPool' }, 'pool_class', /did you mean poolclass\?/],
    ['poolClass', { url: file, poolClass: 'NullPool' }, 'poolClass', /did you mean poolclass\?/],
    ['max_overflow', { url: file, max_overflow: 1 }, 'max_overflow', /did you mean maxOverflow\?/],
    [
      'pool_reset_on_return',
      { url: file, pool_reset_on_return: null },
      'pool_reset_on_return',
      /poolResetOnReturn\?/,
    ],
    ['connect_args', { url: file, connect_args: {} }, 'connect_args', /did you mean connectArgs\?/],
    [
      'check_same_thread',
      { url: file, connectArgs: { check_same_thread: false } },
      'connectArgs.check_same_thread',
      /did you mean connectArgs\.checkSameThread\?/,
    ],
    [
      'readOnly',
      { url: file, connectArgs: { readOnly: true } },
      'connectArgs.readOnly',
      /did you mean connectArgs\.readonly\?/,
    ],
    ['connectArgs that are no object', { url: file, connectArgs: 'x' }, 'connectArgs', /must be an object/],
    [
      'a time-out that is no number',
      { url: file, connectArgs: { timeout: '5' } },
      'connectArgs.timeout',
      /milliseconds.*"5"/,
    ],
    ['a negative time-out', { url: file, connectArgs: { timeout: -1 } }, 'connectArgs.timeout', /-1/],
    ['a time-out of NaN', { url: file, connectArgs: { timeout: Number.NaN } }, 'connectArgs.timeout', /NaN/],
    [
      'half a statement',
      { url: file, connectArgs: { statementCacheSize: 0.5 } },
      'connectArgs.statementCacheSize',
      /0\.5/,
    ],
    [
      '1 for true',
      { url: file, connectArgs: { readonly: 1 } },
      'connectArgs.readonly',
      /true or false, not 1/,
    ],
    [
      'an unknown pool class',
      { url: file, poolclass: 'QueuPool' },
      'poolclass',
      /did you mean QueuePool\?.*AssertionPool/,
    ],
    [
      "SQLAlchemy's asynchronous pool class",
      { url: file, poolclass: 'AsyncAdaptedQueuePool' },
      'poolclass',
      /did you mean QueuePool\?/,
    ],
    ['a pool class that is none', { url: file, poolclass: {} }, 'poolclass', /not an object\./],
    [
      'a pool class that has not even a prototype',
      { url: file, poolclass: Object.create(null) },
      'poolclass',
      /not an object\./,
    ],
    ['another class as pool class', { url: file, poolclass: Date }, 'poolclass', /Date/],
    ['the base class of the pools', { url: file, poolclass: Pool }, 'poolclass', /Pool/],
    ['a mere function as pool class', { url: file, poolclass: () => {} }, 'poolclass', /function/],
    [
      'a memory database for several threads on a pool class that cannot share it',
      { url: ':memory:', poolclass: 'SingletonThreadPool', connectArgs: { checkSameThread: false } },
      'connectArgs.checkSameThread',
      /only with poolclass: 'StaticPool', not with SingletonThreadPool.*file:app\?mode=memory&cache=shared/,
    ],
    [
      'threads for a private memory database',
      { url: ':memory:', threads: 2 },
      'threads',
      /threads: 2 would make 2 databases.*threads: 1.*file:app\?mode=memory&cache=shared/,
    ],
    [
      'threads for a private memory database on a StaticPool, too',
      { url: ':memory:', poolclass: 'StaticPool', threads: 2 },
      'threads',
      /2 databases/,
    ],
    ['threads for a temporary database', { url: '', threads: 3 }, 'threads', /temporary.*threads: 3/],
    [
      'a thread for a private memory database with many connections',
      { url: ':memory:', poolclass: 'QueuePool', threads: 1 },
      'poolclass',
      /QueuePool has up to 15/,
    ],
    [
      'a creator that cannot travel to a thread',
      { url: file, threads: 1, creator: () => {} },
      'creator',
      /default export of a module.*new URL\('\.\/open\.js', import\.meta\.url\)/,
    ],
    ['half a thread', { url: file, threads: 0.5 }, 'threads', /0\.5/],
    ['less than no threads', { url: file, threads: -1 }, 'threads', /-1/],
    ['threads in words', { url: file, threads: 'two' }, 'threads', /"two"/],
    [
      'an unknown transaction mode',
      { url: file, transactionMode: 'eager' },
      'transactionMode',
      /immediate.*"eager"/,
    ],
    ['a creator that is no function', { url: file, creator: 'x' }, 'creator', /function/],
    ['a hook that is no function', { url: file, onCreateConnection: {} }, 'onCreateConnection', /function/],
    ['pragmas as a list', { url: file, pragmas: ['x'] }, 'pragmas', /names and values/],
    [
      'SQL in the value of a pragma',
      { url: file, pragmas: { synchronous: "1'; drop table t; --" } },
      'pragmas.synchronous',
      /off, normal, full or extra/,
    ],
    [
      'a pragma set to an object',
      { url: file, pragmas: { foreign_keys: {} } },
      'pragmas.foreign_keys',
      /object/,
    ],
    ['a pragma set to NaN', { url: file, pragmas: { cache_size: Number.NaN } }, 'pragmas.cache_size', /NaN/],
    [
      'a pragma set to Infinity',
      { url: file, pragmas: { cache_size: Infinity } },
      'pragmas.cache_size',
      /Infinity/,
    ],
    [
      'a misspelt pragma',
      { url: file, pragmas: { foreign_keys: true, jurnal_mode: 'wal' } },
      'pragmas.jurnal_mode',
      /did you mean journal_mode\?/,
    ],
    ['pragmas as a Map', { url: file, pragmas: new Map([['foreign_keys', 0]]) }, 'pragmas', /Map/],
    ['connectArgs as a list', { url: file, connectArgs: [] }, 'connectArgs', /must be an object/],
    [
      'a pragma set beyond all integers',
      { url: file, pragmas: { cache_size: 1e300 } },
      'pragmas.cache_size',
      /1e\+300/,
    ],
    [
      'a pragma that blocks the thread',
      { url: file, pragmas: { busy_timeout: 1 } },
      'pragmas.busy_timeout',
      /connectArgs\.timeout/,
    ],
    [
      'the same with a schema',
      { url: file, pragmas: { 'main.busy_timeout': 1 } },
      'pragmas.main.busy_timeout',
      /connectArgs\.timeout/,
    ],
    [
      'a statement as the name of a pragma',
      { url: file, pragmas: { 'foreign_keys = 1; drop table t; --': 1 } },
      'pragmas.foreign_keys = 1; drop table t; --',
      /not the name of a pragma/,
    ],
    [
      'an assignment as the name of a pragma',
      { url: file, pragmas: { 'user_version=5': 1 } },
      'pragmas.user_version=5',
      /not the name of a pragma/,
    ],
    [
      'the name of a pragma with a line break behind it',
      { url: file, pragmas: { 'user_version\n': 1 } },
      'pragmas.user_version\n',
      /not the name of a pragma/,
    ],
    ['an empty name of a pragma', { url: file, pragmas: { '': 1 } }, 'pragmas.', /not the name of a pragma/],
    [
      'poolRecycle on private memory',
      { url: ':memory:', poolRecycle: 1000 },
      'poolRecycle',
      /would empty it/,
    ],
    [
      'a pool class that closes idle connections, for private memory, and be it a single one',
      { url: ':memory:', poolclass: 'GenericPool', max: 1 },
      'poolclass',
      /memory database dies with its connection, so GenericPool would empty it.*SingletonThreadPool/,
    ],
    [
      'a pool class that closes idle connections, for a temporary database',
      { url: '', poolclass: class Shrinking extends GenericPool<any> {} },
      'poolclass',
      /temporary database dies with its connection, so Shrinking would empty it/,
    ],
    [
      'a poolSize for the pool class that has a connection per thread',
      { url: file, poolclass: 'SingletonThreadPool', poolSize: 3 },
      'poolSize',
      /SingletonThreadPool has one connection for each thread.*poolSize: 3.*Set threads.*QueuePool/,
    ],
    ['poolRecycle on a temporary database', { url: '', poolRecycle: 0 }, 'poolRecycle', /would empty it/],
    [
      'private memory with NullPool',
      { url: ':memory:', poolclass: 'NullPool' },
      'poolclass',
      /SingletonThreadPool.*cache=shared/,
    ],
    [
      'private memory with QueuePool',
      { url: ':memory:', poolclass: QueuePool },
      'poolclass',
      /SingletonThreadPool.*cache=shared/,
    ],
    [
      'a temporary database with NullPool',
      { url: '', poolclass: NullPool },
      'poolclass',
      /SingletonThreadPool/,
    ],
    [
      'private memory with a pool class of several',
      { url: ':memory:', poolclass: OwnPool },
      'poolclass',
      /OwnPool.*cache=shared/,
    ],
    [
      'private memory with a heir of NullPool',
      { url: ':memory:', poolclass: class MyPool<C extends { close(): void }> extends NullPool<C> {} },
      'poolclass',
      /MyPool/,
    ],
    [
      'readonly on private memory',
      { url: ':memory:', connectArgs: { readonly: true } },
      'connectArgs.readonly',
      /memory/,
    ],
    [
      'readonly on a temporary database',
      { url: '', connectArgs: { readonly: true } },
      'connectArgs.readonly',
      /temporary/,
    ],
    [
      'readonly: false with mode=ro',
      { url: 'file:app.db?mode=ro', connectArgs: { readonly: false } },
      'connectArgs.readonly',
      /mode=ro/,
    ],
    [
      'readonly: true with mode=rwc',
      { url: 'file:app.db?mode=rwc', connectArgs: { readonly: true } },
      'connectArgs.readonly',
      /mode=rwc/,
    ],
    [
      'fileMustExist: true with mode=rwc',
      { url: 'file:app.db?mode=rwc', connectArgs: { fileMustExist: true } },
      'connectArgs.fileMustExist',
      /mode=rwc/,
    ],
    [
      'fileMustExist: false with mode=rw',
      { url: 'file:app.db?mode=rw', connectArgs: { fileMustExist: false } },
      'connectArgs.fileMustExist',
      /mode=rw/,
    ],
  ]

  test.each(configs)('%s', (_, config, key, message) => {
    const directory = emptyWorkingDirectory()
    const error = reject(config)
    expect(error).toBeInstanceOf(DialectConfigError)
    expect(error).toBeInstanceOf(DialectError)
    expect(error).toMatchObject({ name: 'DialectConfigError', code: 'POOLCLASS_CONFIG', key })
    expect(error.message).toMatch(message)
    expect(readdirSync(directory)).toEqual([])
  })

  test.each([
    ['poolSize', 5, 'NullPool'],
    ['poolSize', 5, 'StaticPool'],
    ['maxOverflow', 1, 'SingletonThreadPool'],
    ['poolUseLifo', true, 'AssertionPool'],
    ['poolTimeout', 10, 'NullPool'],
    ['poolTimeout', 10, 'AssertionPool'],
    ['idleTimeoutMillis', 10, 'QueuePool'],
    ['max', 10, 'QueuePool'],
    ['poolSize', 10, 'GenericPool'],
  ])('%s: %j, which %s does not take', (option, value, poolclass) => {
    const error = reject({ url: file, poolclass, [option]: value })
    expect(error).toBeInstanceOf(PoolOptionError)
    expect(error).toBeInstanceOf(PoolError)
    expect(error).toMatchObject({ code: 'POOL_OPTION', option })
    expect(error.message).toContain(poolclass)
    expect(error.message).toContain(option)
  })

  test.each([
    ['poolSize', file, "Set poolclass: 'QueuePool', which takes poolSize."],
    ['poolTimeout', file, "Set poolclass: 'QueuePool', which takes poolTimeout."],
    ['max', file, "Set poolclass: 'GenericPool', which takes max."],
    ['max', 'http://localhost:8080', "Set poolclass: 'GenericPool', which takes max."],
    ['maxOverflow', ':memory:', 'Leave maxOverflow out, because a memory database has one connection.'],
  ])('%s without a pool class for %s, and names a cure that works', (option, url, cure) => {
    expect(reject({ url, [option]: 10 }).message).toContain(cure)
    const poolclass = /poolclass: '(\w+)'/.exec(cure)?.[1]
    expect(
      new PooledSqliteDialect(poolclass === undefined ? url : { url, poolclass, [option]: 10 }),
    ).toBeDefined()
  })

  test('a value that no pool class takes, without the advice to choose another class', () => {
    expect(reject({ url: file, poolName: '' }).message).not.toContain('poolclass:')
  })

  test.each([
    ['poolSize', -1],
    ['poolSize', '5'],
    ['maxOverflow', -2],
    ['maxOverflow', 1.5],
    ['poolTimeout', -1],
    ['poolRecycle', -2],
    ['poolPrePing', 'yes'],
    ['poolUseLifo', 1],
    ['poolResetOnReturn', 'none'],
  ])('%s: %j, which makes no sense', (option, value) => {
    const error = reject({ url: file, poolclass: 'QueuePool', [option]: value })
    expect(error).toBeInstanceOf(PoolError)
    expect(error).toMatchObject({ code: 'POOL_OPTION', option })
    expect(error.message).toContain(String(value))
  })

  test.each([
    ['postgres://localhost/db', 'scheme'],
    ['mysql://localhost/db', 'scheme'],
    ['file://example.org/app.db', 'authority'],
    ['file:app.db?mode=rx', 'mode'],
    ['file:app.db?cache=both', 'cache'],
    ['file:app.db?mod=ro', 'parameter'],
    ['file:app.db?pool_size=5', 'parameter'],
    ['a\0b.db', 'encoding'],
    ['file:a%00b.db', 'encoding'],
    ['File:app.db', 'scheme'],
    ['sqlite:app.db', 'scheme'],
    [':memory', 'name'],
    ['.', 'name'],
    ['app.db?mode=ro', 'parameter'],
    [5, 'type'],
    [new URL('ftp://example.org/app.db'), 'scheme'],
  ])('the url %j', (url, reason) => {
    const directory = emptyWorkingDirectory()
    const error = reject({ url })
    expect(error).toBeInstanceOf(SqliteUrlError)
    expect(error).toBeInstanceOf(DialectError)
    expect(error).toMatchObject({ code: 'POOLCLASS_URL', reason })
    expect(readdirSync(directory)).toEqual([])
  })
})

test('options that are left undefined count as left out', async () => {
  const { db } = open({
    url: ':memory:',
    poolclass: undefined,
    poolRecycle: undefined,
    connectArgs: { readonly: undefined },
  })
  expect(await run(db, 'select 1 as one')).toEqual([{ one: 1 }])
})

describe('the first query fails, and leaves nothing behind,', () => {
  test('where the directory is missing', async () => {
    const directory = temporaryDirectory()
    const path = join(directory, 'missing', 'app.db')
    const { db, dialect } = open(path)
    const error = await failureOf(run(db, 'select 1'))
    expect(error).toBeInstanceOf(SqliteError)
    expect(error).toMatchObject({ code: expect.stringMatching(/^SQLITE_CANTOPEN/) })
    expect(error.message).toMatch(/^unable to open database file/)
    expect(error.message).toContain(path)
    expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, idle: 0, waiting: 0 })
    expect(readdirSync(directory)).toEqual([])
    mkdirSync(join(directory, 'missing'))
    expect(await run(db, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('where a directory has the name', async () => {
    const directory = temporaryDirectory()
    const { db, dialect } = open({ url: directory, poolclass: 'QueuePool' })
    const error = await failureOf(run(db, 'select 1'))
    expect(error).toMatchObject({ name: 'SqliteError', code: expect.stringMatching(/^SQLITE_CANTOPEN/) })
    expect(error.message).toContain(directory)
    expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, idle: 0 })
  })

  test.each(['mode=ro', 'mode=rw'])('where the file is missing and the URL says %s', async (mode) => {
    const directory = emptyWorkingDirectory()
    const { db, dialect } = open(`file:${join(directory, 'app.db')}?${mode}`)
    expect(await failureOf(run(db, 'select 1'))).toMatchObject({
      name: 'SqliteError',
      code: 'SQLITE_CANTOPEN',
    })
    expect(dialect.pool.status()).toMatchObject({ checkedOut: 0 })
    expect(readdirSync(directory)).toEqual([])
  })

  test('where the file must exist and does not', async () => {
    const directory = temporaryDirectory()
    const { db } = open({ url: join(directory, 'app.db'), connectArgs: { fileMustExist: true } })
    expect(await failureOf(run(db, 'select 1'))).toMatchObject({
      name: 'SqliteError',
      code: 'SQLITE_CANTOPEN',
    })
    expect(readdirSync(directory)).toEqual([])
  })

  test.each(['NullPool', 'QueuePool', 'StaticPool'] as const)(
    'where the file is no database, with %s',
    async (poolclass) => {
      const directory = temporaryDirectory()
      const url = join(directory, 'app.db')
      writeFileSync(
        url,
        'This is no database, but a text of more than the hundred bytes that a header has. '.repeat(9),
      )
      const { db, dialect } = open({ url, poolclass })
      const queries = [
        run(db, 'select * from t'),
        run(db, 'create table t (x)'),
        db.transaction().execute((trx) => run(trx, 'select * from t')),
      ]
      for (const error of await Promise.all(queries.map(failureOf))) {
        expect(error).toMatchObject({
          name: 'SqliteError',
          code: 'SQLITE_NOTADB',
          message: expect.stringMatching(/^file is not a database/),
        })
      }
      expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, waiting: 0 })
      expect(readdirSync(directory)).toEqual(['app.db'])
    },
  )
})

test('SQL in the argument of a pragma that takes any stays a value', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const { db: first } = open(url)
  await run(first, 'create table t (x)')
  const { db } = open({
    url,
    pragmas: { optimize: "1'; drop table t; --", incremental_vacuum: '1; drop table t' },
  })
  await run(db, 'select 1').catch(() => {})
  expect(await run(first, 'select count(*) as n from t')).toEqual([{ n: 0 }])
})

describe('a database opened for reading only', () => {
  test.each([
    ['connectArgs.readonly', {}],
    ['mode=ro', { mode: 'ro' }],
  ])(
    'by %s refuses to write, with the error of SQLite, and keeps no lock',
    async (_, { mode }: { mode?: string }) => {
      const url = join(temporaryDirectory(), 'app.db')
      const plain = openPlain(url)
      plain.exec('create table t (x)')
      const { db, dialect } = open({
        url: mode === undefined ? url : `file:${url}?mode=${mode}`,
        poolclass: StaticPool,
        ...(mode === undefined && { connectArgs: { readonly: true } }),
      })
      expect(await failureOf(run(db, 'insert into t values (1)'))).toMatchObject({
        name: 'SqliteError',
        code: 'SQLITE_READONLY',
      })
      expect(await run(db, 'select * from t')).toEqual([])
      await db
        .transaction()
        .execute((trx) => run(trx, 'select * from t'))
        .catch(() => {})
      expect(dialect.pool.status()).toMatchObject({ checkedOut: 0 })
      plain.exec('begin exclusive; commit')
    },
  )

  test('can be read in a transaction', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    new PlainDatabase(url).exec('create table t (x)').close()
    const { db } = open({ url, connectArgs: { readonly: true } })
    expect(await db.transaction().execute((trx) => run(trx, 'select * from t'))).toEqual([])
  })
})

describe('a query that fails leaves no lock, no transaction and no connection out', () => {
  test.each(POOL_CLASSES)('of %s', async (poolclass) => {
    const url = join(temporaryDirectory(), 'app.db')
    const { db, dialect } = open({ url, poolclass })
    await run(db, 'create table t (x integer primary key)')
    await run(db, 'insert into t values (1)')
    await failureOf(run(db, 'insert into t values (1)'))
    await failureOf(run(db, 'selekt'))
    await failureOf(run(db, ''))
    await failureOf(run(db, 'select 1; select 2'))
    await failureOf(run(db, 'select ?', {}))
    await failureOf(run(db, 'select ?'))
    await failureOf(run(db, 'select ?', 1, 2))
    await failureOf(db.transaction().execute((trx) => run(trx, 'insert into t values (1)')))
    await failureOf(db.transaction().execute(() => Promise.reject(new Error('mine'))))
    await failureOf(db.connection().execute((connection) => run(connection, 'insert into t values (1)')))
    expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, waiting: 0 })
    const plain = new PlainDatabase(url, { timeout: 0 })
    plain.exec('begin exclusive; commit').close()
    expect(await run(db, 'select count(*) as n from t')).toEqual([{ n: 1 }])
  })
})
