import {
  AssertionPool,
  GenericPool,
  DialectConfigError,
  NullPool,
  type PoolClass,
  PooledSqliteDialect,
  type PooledSqliteDialectConfig,
  PoolTimeoutError,
  QueuePool,
  SingletonThreadPool,
  StaticPool,
} from '@poolclass/dialect'
import { CompiledQuery } from 'kysely'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { open } from '../support/open.ts'
import { OwnPool, OwnSinglePool } from '../support/own-pool.ts'
import { failureOf } from '../support/failure.ts'
import { openPlain } from '../support/open-plain.ts'
import { handleOf, isOpen, LibraryDatabase, PlainDatabase } from '../support/plain-database.ts'
import { onEachOf, run, times } from '../support/statements.ts'
import { stopwatch } from '../support/stopwatch.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const newFile = (): string => join(temporaryDirectory(), 'app.db')

describe('the pool class', () => {
  test.each<[string | URL, PoolClass]>([
    [':memory:', SingletonThreadPool],
    ['sqlite://', SingletonThreadPool],
    ['sqlite:///:memory:', SingletonThreadPool],
    ['file::memory:', SingletonThreadPool],
    ['file:x?mode=memory', SingletonThreadPool],
    ['', SingletonThreadPool],
    ['file::memory:?cache=shared', StaticPool],
    ['file:x?mode=memory&cache=shared', StaticPool],
    ['file:/x?vfs=memdb', StaticPool],
    ['sqlite:///file:x?mode=memory&cache=shared&uri=true', StaticPool],
    ['sqlite:///file::memory:?cache=shared&uri=true', StaticPool],
    ['file:app.db?cache=shared', StaticPool],
    ['app.db', NullPool],
    ['./app.db', NullPool],
    ['/abs/app.db', NullPool],
    ['file:app.db', NullPool],
    ['file:///abs/app.db', NullPool],
    ['sqlite:///app.db', NullPool],
    ['sqlite:////abs/app.db', NullPool],
    [new URL('file:///abs/app.db'), NullPool],
  ])('of %s is %o unless the config says another', (url, poolclass) => {
    for (const config of [url, { url }]) {
      const { pool } = new PooledSqliteDialect(config)
      expect(pool.constructor).toBe(poolclass)
      expect(pool.status()).toMatchObject({ poolclass: poolclass.name, opened: 0, checkedOut: 0, idle: 0 })
    }
    expect(existsSync('app.db')).toBe(false)
  })

  test.each([SingletonThreadPool, StaticPool, NullPool, QueuePool, GenericPool, AssertionPool])(
    'can be %o by class or by name',
    async (poolclass) => {
      const name = poolclass.name as NonNullable<Extract<PooledSqliteDialectConfig['poolclass'], string>>
      for (const chosen of [poolclass, name]) {
        const { db, dialect } = open({ url: newFile(), poolclass: chosen })
        expect(dialect.pool).toBeInstanceOf(poolclass)
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await run(db, 'select 1 as one')).toEqual([{ one: 1 }])
      }
    },
  )

  test("can be a class of the user's own", async () => {
    const { db, dialect } = open({ url: newFile(), poolclass: OwnPool })
    await run(db, 'pragma foreign_keys = off')
    expect(await onEachOf(db, 2, 'pragma foreign_keys')).toEqual([
      [{ foreign_keys: 0 }],
      [{ foreign_keys: 0 }],
    ])
    expect(dialect.pool.status()).toMatchObject({ poolclass: 'OwnPool', checkedOut: 0, opened: 3, closed: 3 })
  })

  test("can be a class of the user's own with one connection on private memory", async () => {
    const { db, dialect } = open({ url: ':memory:', poolclass: OwnSinglePool })
    await run(db, 'create table t (x)')
    await Promise.all([run(db, 'insert into t values (1)'), run(db, 'insert into t values (2)')])
    expect(await run(db, 'select count(*) as n from t')).toEqual([{ n: 2 }])
    expect(dialect.pool.status()).toMatchObject({ poolclass: 'OwnSinglePool', opened: 1 })
  })
})

describe('dialect.pool.status()', () => {
  test('answers before use, during a checkout, after it and after destroy()', async () => {
    const { db, dialect } = open({ url: newFile(), poolclass: 'QueuePool', poolSize: 2 })
    const { pool } = dialect
    expect(pool.status()).toMatchObject({
      poolclass: 'QueuePool',
      size: 2,
      idle: 0,
      checkedOut: 0,
      opened: 0,
      closed: 0,
    })
    await db.connection().execute(async (connection) => {
      await run(connection, 'select 1')
      expect(pool.status()).toMatchObject({ idle: 0, checkedOut: 1, opened: 1 })
    })
    expect(pool.status()).toMatchObject({ idle: 1, checkedOut: 0 })
    expect(String(pool.status())).toMatch(/QueuePool size: 2, idle: 1, checked out: 0, overflow: 0/)
    await db.destroy()
    expect(pool.status()).toMatchObject({ idle: 0, checkedOut: 0, opened: 1, closed: 1 })
  })
})

describe('the options reach the pool:', () => {
  test('poolSize and maxOverflow limit it, and poolTimeout ends the wait', async () => {
    const { db, dialect } = open({
      url: newFile(),
      poolclass: 'QueuePool',
      poolSize: 1,
      maxOverflow: 1,
      poolTimeout: 30,
    })
    const error = await db.connection().execute(async (one) => {
      await run(one, 'select 1')
      return db.connection().execute(async (two) => {
        await run(two, 'select 1')
        expect(dialect.pool.status()).toMatchObject({ size: 1, checkedOut: 2, overflow: 1 })
        return failureOf(run(db, 'select 1'))
      })
    })
    expect(error).toBeInstanceOf(PoolTimeoutError)
    expect(error).toMatchObject({ code: 'POOL_TIMEOUT' })
    expect(error.message).toMatch(/QueuePool.*poolTimeout 30.*size 1/)
    await expect.poll(() => dialect.pool.status()).toMatchObject({ idle: 1, checkedOut: 0, waiting: 0 })
  })

  test.each([
    [true, 'last'],
    [false, 'first'],
  ])('poolUseLifo: %j lends what came back %s', async (poolUseLifo, which) => {
    const { db, dialect } = open({ url: newFile(), poolclass: 'QueuePool', poolUseLifo })
    const back: string[] = []
    dialect.pool.on('checkin', ({ label }) => void back.push(label))
    await onEachOf(db, 2, 'select 1')
    const checkout = await dialect.pool.connect()
    expect(checkout.connection.label).toBe(back.at(which === 'last' ? -1 : 0))
    await checkout.close()
  })

  test('poolPrePing replaces a dead connection before anybody sees it', async () => {
    const { db, dialect } = open({ url: newFile(), poolclass: 'StaticPool', poolPrePing: true })
    await run(db, 'create table t (x)')
    const checkout = await dialect.pool.connect()
    await checkout.connection.close()
    await checkout.close().catch(() => {})
    expect(await run(db, 'select * from t')).toEqual([])
    expect(dialect.pool.status()).toMatchObject({ opened: 2, checkedOut: 0 })
  })

  test.each([
    ['rollback', 0],
    ['commit', 1],
  ] as const)('poolResetOnReturn: %s ends what a session left open', async (poolResetOnReturn, rows) => {
    const url = newFile()
    const { db } = open({ url, poolclass: 'StaticPool', poolResetOnReturn })
    await run(db, 'create table t (x)')
    await db.connection().execute(async (connection) => {
      await run(connection, 'begin')
      await run(connection, 'insert into t values (1)')
    })
    const { db: other } = open(url)
    expect(await run(other, 'select count(*) as n from t')).toEqual([{ n: rows }])
    await run(other, 'insert into t values (2)')
  })

  test('poolResetOnReturn: null leaves a transaction open, for the next session to end', async () => {
    const { db } = open({ url: newFile(), poolclass: 'StaticPool', poolResetOnReturn: null })
    await run(db, 'create table t (x)')
    await run(db, 'begin')
    await run(db, 'insert into t values (1)')
    await run(db, 'rollback')
    expect(await run(db, 'select count(*) as n from t')).toEqual([{ n: 0 }])
  })

  test('the options of a GenericPool let it grow, shrink and keep its least', async () => {
    const { db, dialect } = open({
      url: newFile(),
      poolclass: 'GenericPool',
      min: 1,
      max: 3,
      idleTimeoutMillis: 60_000,
      softIdleTimeoutMillis: 20,
      evictionRunIntervalMillis: 10,
      numTestsPerEvictionRun: 10,
    })
    await onEachOf(db, 3, 'select 1')
    expect(dialect.pool.status()).toMatchObject({ size: 3, idle: 3, opened: 3 })
    await expect.poll(() => dialect.pool.status()).toMatchObject({ idle: 1, closed: 2 })
    expect(await run(db, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(dialect.pool.status()).toMatchObject({ opened: 3 })
  })

  test('poolRecycle replaces a connection to a file that is too old', async () => {
    const { db, dialect } = open({ url: newFile(), poolclass: 'QueuePool', poolRecycle: 20 })
    await run(db, 'create table t (x)')
    await new Promise((resolve) => setTimeout(resolve, 40))
    await run(db, 'select * from t')
    expect(dialect.pool.status()).toMatchObject({ opened: 2, closed: 1, idle: 1 })
  })
})

describe('connectArgs', () => {
  test('safeIntegers gives bigints', async () => {
    const { db } = open({ url: ':memory:', connectArgs: { safeIntegers: true } })
    expect(await run(db, 'select 9007199254740993 as n')).toEqual([{ n: 9_007_199_254_740_993n }])
  })

  test('timeout is how long a lock is waited for', async () => {
    const url = newFile()
    const plain = openPlain(url)
    plain.exec('begin exclusive')
    const { db } = open({ url, connectArgs: { timeout: 100 } })
    const start = performance.now()
    const taken = stopwatch()
    expect(await failureOf(run(db, 'create table t (x)'))).toMatchObject({ code: 'SQLITE_BUSY' })
    expect(performance.now() - start).toBeGreaterThan(90)
    expect(taken()).toBeLessThan(2000)
  })

  test('statementCacheSize: 0 prepares every query anew and gives the same', async () => {
    const { db } = open({ url: ':memory:', connectArgs: { statementCacheSize: 0 } })
    expect(await run(db, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(await run(db, 'select 1 as one')).toEqual([{ one: 1 }])
  })
})

describe('pragmas', () => {
  test('are set on every connection', async () => {
    const { db } = open({
      url: newFile(),
      poolclass: 'QueuePool',
      pragmas: { journal_mode: 'wal', foreign_keys: false, 'main.cache_size': -99, synchronous: 'normal' },
    })
    const sql =
      'select * from pragma_journal_mode, pragma_foreign_keys, pragma_cache_size, pragma_synchronous'
    const expected = { journal_mode: 'wal', foreign_keys: 0, cache_size: -99, synchronous: 1 }
    expect(await onEachOf(db, 4, sql)).toEqual(times(4, [expected]))
  })

  test('are set in the order of the config', async () => {
    // The size of a page can be set before the journal mode creates the file, and not after.
    const { db } = open({ url: newFile(), pragmas: { page_size: 8192, journal_mode: 'wal' } })
    expect(await run(db, 'pragma page_size')).toEqual([{ page_size: 8192 }])
    const { db: late } = open({ url: newFile(), pragmas: { journal_mode: 'wal', page_size: 8192 } })
    expect(await run(late, 'pragma page_size')).toEqual([{ page_size: 4096 }])
  })

  test('come before the settings that are made later through `db`', async () => {
    const { db } = open({ url: newFile(), poolclass: 'QueuePool', pragmas: { cache_size: 10 } })
    await run(db, 'pragma cache_size = 20')
    expect(await onEachOf(db, 3, 'pragma cache_size')).toEqual(times(3, [{ cache_size: 20 }]))
  })

  test('that need a lock wait for it', async () => {
    const url = newFile()
    const plain = openPlain(url)
    plain.exec('create table t (x); begin exclusive')
    setTimeout(() => plain.exec('commit'), 50)
    const { db } = open({ url, pragmas: { journal_mode: 'wal' } })
    expect(await run(db, 'pragma journal_mode')).toEqual([{ journal_mode: 'wal' }])
  })
})

describe('creator', () => {
  test('opens every connection, and is told the location', async () => {
    const url = newFile()
    const locations: unknown[] = []
    const { db, dialect } = open({
      url,
      poolclass: 'QueuePool',
      creator: (location) => {
        locations.push(location)
        const database = new PlainDatabase(url, { timeout: 3000 })
        database.function('answer', () => 42)
        return handleOf(database)
      },
    })
    expect(await onEachOf(db, 2, 'select answer() as a')).toEqual([[{ a: 42 }], [{ a: 42 }]])
    expect(locations).toEqual([
      { kind: 'file', path: url },
      { kind: 'file', path: url },
    ])
    expect(dialect.pool.status().opened).toBe(2)
  })

  test('gives handles whose own busy handler would block, and they do not', async () => {
    const url = newFile()
    const { db } = open({
      url,
      poolclass: 'NullPool',
      creator: () => new LibraryDatabase(url, { timeout: 9000 }),
    })
    await run(db, 'create table t (x)')
    const { db: other } = open(url)
    const taken = stopwatch()
    await Promise.all([
      other.transaction().execute(async (trx) => {
        await run(trx, 'insert into t values (1)')
        await new Promise((resolve) => setTimeout(resolve, 50))
      }),
      run(db, 'insert into t values (2)'),
      db.transaction().execute((trx) => run(trx, 'insert into t values (3)')),
    ])
    expect(taken()).toBeLessThan(2000)
    expect(await run(db, 'select count(*) as n from t')).toEqual([{ n: 3 }])
  })

  test('that throws rejects the query with its own error, and gives the slot back', async () => {
    let fails = true
    const { db, dialect } = open({
      url: newFile(),
      poolclass: 'StaticPool',
      creator: (_, { filename, options }) => {
        if (fails) throw new Error('no key')
        return new LibraryDatabase(filename, options)
      },
    })
    expect(await failureOf(run(db, 'select 1'))).toMatchObject({ message: 'no key' })
    expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, idle: 0 })
    fails = false
    expect(await run(db, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('gets the path as it was when the dialect was built, wherever the process goes later', async () => {
    const before = process.cwd()
    const directory = temporaryDirectory()
    onTestFinished(() => process.chdir(before))
    process.chdir(directory)
    const { db, dialect } = open({
      url: 'app.db',
      creator: (location) => new LibraryDatabase('path' in location ? location.path : ''),
    })
    expect(dialect.location).toEqual({ kind: 'file', path: join(directory, 'app.db') })
    await run(db, 'create table t (x)')
    process.chdir(before)
    expect(await run(db, 'select * from t')).toEqual([])
  })

  test.each([undefined, {}, Promise.resolve(1)])(
    'that returns %o instead of a handle is a clear error',
    async (value) => {
      const { db } = open({ url: newFile(), creator: () => value as unknown as LibraryDatabase })
      expect(await failureOf(run(db, 'select 1'))).toMatchObject({
        code: 'POOLCLASS_CONFIG',
        message: expect.stringContaining('creator'),
      })
    },
  )
})

describe('onCreateConnection', () => {
  test('is called for every new connection, before its first use', async () => {
    let calls = 0
    const { db } = open({
      url: newFile(),
      poolclass: 'QueuePool',
      onCreateConnection: async (connection) => {
        calls += 1
        await connection.executeQuery(CompiledQuery.raw(`create temp table mine as select ${calls} as n`))
      },
    })
    const rows = await onEachOf(db, 3, 'select n from mine')
    expect(
      rows
        .flat()
        .map((row) => (row as { n: number }).n)
        .toSorted(),
    ).toEqual([1, 2, 3])
    expect(calls).toBe(3)
  })

  test('that fails rejects the query, closes the handle and gives the slot back', async () => {
    const url = newFile()
    const handles: LibraryDatabase[] = []
    let fails = true
    const { db, dialect } = open({
      url,
      poolclass: 'StaticPool',
      creator: () => {
        const handle = new LibraryDatabase(url)
        handles.push(handle)
        return handle
      },
      onCreateConnection: async (connection) => {
        await connection.executeQuery(CompiledQuery.raw('begin immediate'))
        if (fails) throw new Error('not today')
        await connection.executeQuery(CompiledQuery.raw('commit'))
      },
    })
    expect(await failureOf(run(db, 'select 1'))).toMatchObject({
      message: expect.stringContaining('not today'),
    })
    expect(handles.map(isOpen)).toEqual([false])
    expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, idle: 0 })
    new PlainDatabase(url, { timeout: 0 }).exec('begin exclusive; commit').close()
    fails = false
    expect(await run(db, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  test('waits for a lock as every other query does', async () => {
    const url = newFile()
    const plain = openPlain(url)
    plain.exec('create table t (x); begin exclusive')
    setTimeout(() => plain.exec('commit'), 50)
    const { db } = open({
      url,
      poolclass: 'StaticPool',
      onCreateConnection: async (connection) => {
        await connection.executeQuery(CompiledQuery.raw('insert into t values (1)'))
      },
    })
    expect(await run(db, 'select x from t')).toEqual([{ x: 1 }])
  })

  test('whose wait for a lock ends in vain gets the error with the time waited, and no other advice', async () => {
    const url = newFile()
    const plain = openPlain(url)
    plain.exec('create table t (x); begin exclusive')
    const { db } = open({
      url,
      poolclass: 'StaticPool',
      connectArgs: { timeout: 40 },
      onCreateConnection: async (connection) => {
        await connection.executeQuery(CompiledQuery.raw('insert into t values (1)'))
      },
    })
    const error = await failureOf(run(db, 'select 1'))
    expect(error).toMatchObject({ name: 'SqliteError', code: 'SQLITE_BUSY' })
    expect(error.message).toMatch(/^database is locked\b.*\d+ ms/)
    expect(error.message).not.toContain('began with a read')
  })

  test('that fails with a stream open closes its handle, and its own error comes through', async () => {
    const url = newFile()
    new PlainDatabase(url).exec('create table t (x); insert into t values (1), (2)').close()
    const handles: LibraryDatabase[] = []
    const reason = new Error('the real reason')
    const { db, dialect } = open({
      url,
      creator: () => {
        const handle = new LibraryDatabase(url)
        handles.push(handle)
        return handle
      },
      onCreateConnection: async (connection) => {
        await connection.streamQuery(CompiledQuery.raw('select x from t'), 1).next()
        throw reason
      },
    })
    for (let round = 1; round <= 3; round += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await failureOf(run(db, 'select 1'))).toBe(reason)
      expect(handles.map(isOpen)).toEqual(times(round, false))
    }
    expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, idle: 0 })
  })

  test.each(['NullPool', 'QueuePool', 'StaticPool'] as const)(
    'that leaves a transaction open on a %s is a clear error, and the handle is closed',
    async (poolclass) => {
      const url = newFile()
      const handles: LibraryDatabase[] = []
      const { db, dialect } = open({
        url,
        poolclass,
        creator: () => {
          const handle = new LibraryDatabase(url)
          handles.push(handle)
          return handle
        },
        onCreateConnection: async (connection) => {
          await connection.executeQuery(CompiledQuery.raw('begin'))
        },
      })
      const error = await failureOf(run(db, 'create table t (x)'))
      expect(error).toBeInstanceOf(DialectConfigError)
      expect(error).toMatchObject({
        code: 'POOLCLASS_CONFIG',
        key: 'onCreateConnection',
        message: expect.stringContaining('transaction'),
      })
      expect(handles.map(isOpen)).toEqual([false])
      expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, idle: 0 })
    },
  )

  test('leaves no transaction open behind it', async () => {
    const url = newFile()
    const { db } = open({
      url,
      poolclass: 'StaticPool',
      onCreateConnection: async (connection) => {
        await connection.executeQuery(CompiledQuery.raw('begin immediate'))
      },
    })
    await run(db, 'select 1').catch(() => {})
    const plain = new PlainDatabase(url, { timeout: 0 })
    expect(() => plain.exec('begin exclusive; commit')).not.toThrow()
    plain.close()
  })

  test('sees shared memory as well', async () => {
    const { db } = open({
      url: `file:${randomUUID()}?mode=memory&cache=shared`,
      onCreateConnection: async (connection) => {
        await connection.executeQuery(CompiledQuery.raw('create table if not exists seed (x)'))
      },
    })
    expect(await run(db, 'select * from seed')).toEqual([])
  })
})
