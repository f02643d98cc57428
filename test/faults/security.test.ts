import {
  DialectConfigError,
  PooledSqliteDialect,
  type PooledSqliteDialectConfig,
  parseSqliteUrl,
  SqliteUrlError,
} from '@poolclass/dialect'
import BetterSqlite3 from 'better-sqlite3'
import * as fc from 'fast-check'
import { CompiledQuery, Kysely } from 'kysely'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { sampled, scaled } from '../support/effort.ts'
import { open } from '../support/open.ts'
import { RawLock } from '../support/raw-lock.ts'
import { failureOf } from '../support/failure.ts'
import { type Executor, run, thrownBy } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { CREATOR, UP_TO } from '../threads/creators.ts'

const HOMES = [
  ['the calling thread', 0],
  ['another thread', 1],
] as const

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted()
}

/** A directory in a directory, where a name that goes up would show. */
function twoDirectories(): { readonly outer: string; readonly inner: string } {
  const outer = temporaryDirectory()
  const inner = join(outer, 'inner')
  mkdirSync(inner)
  return { outer, inner }
}

/** What a config opens, or why it is refused. */
function locationOf(config: string | PooledSqliteDialectConfig): object {
  try {
    return new PooledSqliteDialect(config).location
  } catch (error) {
    if (!(error instanceof SqliteUrlError || error instanceof DialectConfigError)) throw error
    return { refused: error.code }
  }
}

describe('a name from outside', () => {
  test.each(['..%2Fapp.db', '%2e%2e%2fapp.db', '%2E%2E', 'a%00b'])(
    'that is encoded, in a plain path, is the name of a file and goes nowhere: %s',
    async (name) => {
      const { outer, inner } = twoDirectories()
      await run(open(`${inner}/${name}`).db, 'create table t (x)')
      expect(filesBelow(outer)).toEqual([`inner/${name}`])
    },
  )

  test('that is encoded with encodeURIComponent() is one name in a file: URI, whatever is in it', async () => {
    const characters = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 })
    const named = fc.asyncProperty(characters, async (name) => {
      const location = parseSqliteUrl(`file:/data/x${encodeURIComponent(name)}.db?mode=ro`)
      expect(location).toEqual({ kind: 'file', path: `/data/x${name}.db`, mode: 'ro' })
    })
    await fc.assert(named, { seed: 20_261_120, numRuns: scaled(300) })
  })

  test.each(['?mode=rwc', '&mode=rwc', '?mode=memory', '#', '?vfs=memdb', '?mode=ro&mode=rw'])(
    'can add nothing to a plain path or to a URI that ends with mode=ro: %s',
    (name) => {
      const { outer, inner } = twoDirectories()
      const plain = `${inner}/app.db${name}`
      const asItIs = { kind: 'file', path: plain }
      expect([{ refused: 'POOLCLASS_URL' }, asItIs]).toContainEqual(locationOf(plain))
      expect(locationOf(`file:${plain}?mode=ro`)).not.toMatchObject({ mode: 'rwc' })
      expect(filesBelow(outer)).toEqual([])
    },
  )

  test.each(HOMES)('that goes up goes as far as it says, encoded or not, in %s', async (_, threads) => {
    const { outer, inner } = twoDirectories()
    for (const url of [
      `${inner}/../plain.db`,
      `file:${inner}/%2e%2e/uri.db`,
      `file:${inner}/..%2Fslash.db`,
    ]) {
      await run(open({ url, threads }).db, 'create table t (x)')
    }
    expect(filesBelow(outer)).toEqual(['plain.db', 'slash.db', 'uri.db'])
  })

  test.each(['..%2F..%2Fx', '%2Fetc%2Fx', 'a%2Fb', '..', 'x%3Fvfs%3Dunix'])(
    'for shared memory is a name and no path: %s',
    async (name) => {
      const { outer, inner } = twoDirectories()
      const before = process.cwd()
      process.chdir(inner)
      onTestFinished(() => process.chdir(before))
      await run(open(`file:${name}?mode=memory&cache=shared`).db, 'create table t (x)')
      await run(open(`file:/${name}?vfs=memdb`).db, 'select * from t')
      expect(filesBelow(outer)).toEqual([])
    },
  )

  test.each(HOMES)('for a VFS must be one that there is, in %s', async (_, threads) => {
    const directory = temporaryDirectory()
    for (const vfs of ['nosuch', 'unix/../nosuch', 'unix;unix', "unix'", 'unix%20']) {
      const url = `file:${directory}/app.db?vfs=${vfs}`
      const error = await failureOf(run(open({ url, threads, poolclass: 'QueuePool' }).db, 'select 1'))
      expect(error.message).toMatch(/^no such vfs/)
    }
    expect(filesBelow(directory)).toEqual([])
  })

  test.each(HOMES)('with a NUL is refused, and no file is created, in %s', (_, threads) => {
    const directory = temporaryDirectory()
    for (const url of [
      `${directory}/a\0b`,
      `file:${directory}/a%00b`,
      `file:${directory}/a?modeof=b%00c`,
      `file:${directory}/a?vfs=unix%00x`,
      `file:${directory}/a?mode=ro%00x`,
      `file:${directory}/a?mode%00=ro`,
      `file:a%00b?mode=memory&cache=shared`,
      `sqlite:///${directory}/a\0b`,
      new URL(`file://${directory}/a%00b`),
    ]) {
      expect(locationOf({ url, threads })).toEqual({ refused: 'POOLCLASS_URL' })
    }
    expect(filesBelow(directory)).toEqual([])
  })
})

describe.each(HOMES)('extensions cannot be loaded by SQL in %s,', (_, threads) => {
  const attempts = [
    "select load_extension('nothing')",
    "select load_extension('nothing', 'entry')",
    "create temp view v as select load_extension('nothing')",
  ]

  async function expectRefusal(db: Executor): Promise<void> {
    for (const sql of attempts) {
      const query = sql.startsWith('create')
        ? run(db, sql).then(() => run(db, 'select * from v'))
        : run(db, sql)
      const error = await failureOf(query)
      expect(error).toMatchObject({ name: 'SqliteError', code: 'SQLITE_ERROR' })
      expect(error.message).toMatch(/not authorized|unsafe use of load_extension|no such function/)
      if (sql.startsWith('create')) await run(db, 'drop view v')
    }
  }

  test('neither at first nor on a later connection nor in a transaction', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    const { db, dialect } = open({ url, poolclass: 'SingletonThreadPool', threads })
    await db.connection().execute(expectRefusal)
    await run(db, 'pragma trusted_schema = on')
    await dialect.pool.dispose()
    await db.connection().execute(expectRefusal)
    await db.transaction().execute(expectRefusal)
  })
})

describe('pragmas of a config', () => {
  test.each([
    'user_version = 1; drop table t --',
    'user_version(5)',
    'user_version -- ',
    'user_version/**/',
    'main . user_version',
    'main.user_version.x',
    '"user_version"',
    'user_version;',
    '\u0000user_version',
    'user\u005fversion\u200b',
    'ｕser_version',
    '__proto__',
    'constructor',
    'toString',
    'main.__proto__',
  ])('with the name %j are refused', (name) => {
    const given = JSON.parse(`{"url": "app.db", "pragmas": {${JSON.stringify(name)}: 1}}`)
    const error = thrownBy(() => new PooledSqliteDialect(given))
    expect(error).toBeInstanceOf(DialectConfigError)
    expect(error).toMatchObject({ key: `pragmas.${name}` })
  })

  test('have no name that is anything but a word, whatever it is', () => {
    const piece = fc.constantFrom('user_version', 'main', '.', ' ', ';', '=', '1', '(', ')', '--', "'", '"')
    const names = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 6 }).map((list) => list.join('')),
    )
    const property = fc.property(names, (name) => {
      const isAccepted = !('refused' in locationOf({ url: 'app.db', pragmas: { [name]: 1 } }))
      expect(isAccepted && !/^(\w+\.)?\w+$/.test(name)).toBe(false)
    })
    fc.assert(property, { seed: 20_261_120, numRuns: scaled(500) })
  })

  test.each(HOMES)('have values that stay values in %s, whatever they are', async (_, threads) => {
    const url = join(temporaryDirectory(), 'app.db')
    new BetterSqlite3(url)
      .exec('create table t (x); insert into t values (1); pragma user_version = 7')
      .close()
    const piece = fc.constantFrom(
      "'",
      "''",
      '"',
      ';',
      '--',
      '/*',
      '*/',
      '\\',
      '\0',
      ' ',
      ')',
      '1',
      'drop table t',
    )
    const values = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 8 }).map((list) => list.join('')),
    )
    const property = fc.asyncProperty(values, async (value) => {
      const { db, dialect } = openOnce({
        url,
        threads,
        // Of these two any text is accepted.
        pragmas: { table_info: value, index_list: value, cache_size: 5 },
      })
      try {
        const rows = await run(
          db,
          'select (select x from t) as x, (select user_version from pragma_user_version) as v',
        )
        expect(rows).toEqual([{ x: 1, v: 7 }])
        expect(await run(db, 'pragma cache_size')).toEqual([{ cache_size: 5 }])
      } catch (error) {
        if (!(error instanceof BetterSqlite3.SqliteError || error instanceof RangeError)) throw error
      } finally {
        await db.destroy()
      }
      expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, waiting: 0 })
    })
    const runs = threads === 0 ? 150 : 15
    await fc.assert(property, { seed: 20_261_120, numRuns: scaled(runs) })
    const plain = new BetterSqlite3(url)
    expect(plain.prepare('select name from sqlite_schema').all()).toEqual([{ name: 't' }])
    plain.close()
  })
})

/** Not destroyed by the end of the test: a property does it after each run. */
function openOnce(config: PooledSqliteDialectConfig): { db: Kysely<any>; dialect: PooledSqliteDialect } {
  const dialect = new PooledSqliteDialect(config)
  return { db: new Kysely<any>({ dialect }), dialect }
}

describe('a config in JSON', () => {
  test.each([
    ['"__proto__": {"poolclass": "StaticPool"}', '__proto__'],
    ['"constructor": {"prototype": {"polluted": true}}', 'constructor'],
    ['"prototype": 1', 'prototype'],
    ['"toString": 1', 'toString'],
    ['"connectArgs": {"__proto__": {"readonly": true}}', 'connectArgs.__proto__'],
    ['"connectArgs": {"constructor": {}}', 'connectArgs.constructor'],
    ['"connectArgs": {"hasOwnProperty": 1}', 'connectArgs.hasOwnProperty'],
    ['"poolclass": "__proto__"', 'poolclass'],
    ['"poolclass": "constructor"', 'poolclass'],
    ['"poolclass": "toString"', 'poolclass'],
    ['"poolclass": {"__proto__": null}', 'poolclass'],
    ['"poolResetOnReturn": "constructor"', 'poolResetOnReturn'],
    ['"transactionMode": "constructor"', 'transactionMode'],
    ['"transactionMode": "deferred; drop table t"', 'transactionMode'],
    ['"transactionMode": ["deferred"]', 'transactionMode'],
    ['"creator": "data:text/javascript,process.exit(1)", "threads": 1', 'creator'],
    ['"creator": {"href": "data:text/javascript,process.exit(1)"}, "threads": 1', 'creator'],
    ['"onCreateConnection": "process.exit(1)"', 'onCreateConnection'],
  ])('is refused with %s, and pollutes nothing', (more, key) => {
    const error = thrownBy(() => new PooledSqliteDialect(JSON.parse(`{"url": "app.db", ${more}}`)))
    expect(error.name).toMatch(/^(DialectConfigError|PoolOptionError)$/)
    const { key: itsKey, option } = error as { key?: string; option?: string }
    expect(itsKey ?? option).toBe(key)
    expect(Object.keys(Object.getPrototypeOf({}))).toEqual([])
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  test('is refused with a URL that is an object', () => {
    for (const url of ['{"href": "file:app.db"}', '["app.db"]', '{"__proto__": {}}', 'null', 'true']) {
      const error = thrownBy(() => new PooledSqliteDialect(JSON.parse(`{"url": ${url}}`)))
      expect(error).toMatchObject({ code: expect.stringMatching(/^POOLCLASS_(URL|CONFIG)$/) })
    }
  })
})

const SECRET = 'hunter2-5f3a-opensesame'

/** All that an error says to whoever prints it, its causes and properties included. */
function sayings(error: unknown): string {
  const nested = error instanceof Error ? `${error.message}\n${error.stack}\n${String(error)}` : ''
  const cause = error instanceof Error && error.cause !== undefined ? sayings(error.cause) : ''
  return `${nested}\n${inspect(error, { depth: Infinity, showHidden: true })}\n${cause}`
}

const SCHEMA = [
  'create table t (id integer primary key, a text unique, b integer check (b < 10), c text not null) strict',
  'create table child (t integer references t (id))',
  "create trigger no_deletion before delete on t begin select raise(rollback, 'no deletion'); end",
]

/** What fails with a secret among its parameters. */
const FAILING: readonly (readonly [string, (db: Kysely<any>) => Promise<unknown>])[] = [
  ['a value that is there', (db) => run(db, 'insert into t (a, c) values (?, ?)', SECRET, SECRET)],
  ['a row that is there', (db) => run(db, 'insert into t (id, c) values (1, ?)', SECRET)],
  ['a failed check', (db) => run(db, 'insert into t (b, c) values (11, ?)', SECRET)],
  ['a value that is missing', (db) => run(db, 'insert into t (a) values (?)', `${SECRET}2`)],
  ['a value of another type', (db) => run(db, 'insert into t (b, c) values (?, ?)', SECRET, SECRET)],
  ['a rowid of another type', (db) => run(db, 'insert into t (id, c) values (?, ?)', SECRET, SECRET)],
  ['a foreign key', (db) => run(db, 'insert into child values (length(?))', SECRET)],
  ['a trigger', (db) => run(db, 'delete from t where a = ?', SECRET)],
  ['a missing table', (db) => run(db, 'insert into missing values (?)', SECRET)],
  ['a missing function', (db) => run(db, 'select missing(?)', SECRET)],
  ['a syntax error', (db) => run(db, 'selec ?', SECRET)],
  ['JSON that is none', (db) => run(db, 'select json(?)', `{${SECRET}`)],
  ['a like pattern that is too long', (db) => run(db, 'select 1 like ?', SECRET.repeat(5000))],
  ['too few parameters', (db) => run(db, 'select ?, ?', SECRET)],
  ['too many parameters', (db) => run(db, 'select ?', SECRET, SECRET)],
  ['an object', (db) => run(db, 'select ?, ?', SECRET, { secret: SECRET })],
  ['a list', (db) => run(db, 'select ?', [SECRET])],
  ['a Map', (db) => run(db, 'select ?', new Map([[SECRET, SECRET]]))],
  ['a symbol', (db) => run(db, 'select ?', Symbol(SECRET))],
  [
    'a function',
    (db) =>
      run(db, 'select ?', () => {
        throw new Error(SECRET)
      }),
  ],
  [
    'an object whose properties throw',
    (db) => {
      const get = (): never => {
        throw new Error(SECRET)
      }
      return run(db, 'select ?, ?', SECRET, Object.defineProperty({}, 'secret', { get, enumerable: true }))
    },
  ],
  ['two statements', (db) => run(db, 'select ?; select ?', SECRET, SECRET)],
  [
    'a stream of no rows',
    async (db) => {
      const query = CompiledQuery.raw('delete from child where t = ?', [SECRET])
      for await (const _ of db.getExecutor().stream(query, 10));
    },
  ],
  [
    'a stream that fails in the middle',
    async (db) => {
      const query = CompiledQuery.raw(`${UP_TO} select json(iif(i > 5, ?, '{}')) from c`, [10, `{${SECRET}`])
      for await (const _ of db.getExecutor().stream(query, 2));
    },
  ],
  [
    'a transaction that SQLite ended',
    (db) =>
      db.transaction().execute(async (trx) => {
        await run(trx, 'insert or rollback into t (a, c) values (?, ?)', SECRET, SECRET).catch(() => {})
        await run(trx, 'insert into t (a, c) values (?, ?)', SECRET, SECRET)
      }),
  ],
  ['a commit without a transaction', (db) => run(db, 'commit')],
  [
    'a connection that was released',
    async (db) => {
      const kept = await db.connection().execute(async (connection) => connection)
      await run(kept, 'select ?', SECRET)
    },
  ],
  [
    'an abort',
    (db) => {
      const query = CompiledQuery.raw(`${UP_TO} select i, ? from c`, [2000, SECRET])
      return db.executeQuery(query, { signal: AbortSignal.abort() })
    },
  ],
]

function write(db: Executor): Promise<unknown> {
  return run(db, 'insert into t (a, c) values (?, ?)', `${SECRET}2`, SECRET)
}

/** In a thread, with functions that end it. */
function hosted(): Kysely<any> {
  return open<any>({ url: ':memory:', threads: 1, creator: CREATOR }).db
}

describe.each(HOMES)('no error of a connection in %s tells a parameter:', (_, threads) => {
  const printed: unknown[] = []

  beforeEach(() => {
    printed.length = 0
    for (const method of ['error', 'warn', 'log'] as const) {
      vi.spyOn(console, method).mockImplementation((...args: unknown[]) => void printed.push(...args))
    }
    const listener = (warning: Error): void => void printed.push(warning)
    process.on('warning', listener)
    onTestFinished(() => {
      process.off('warning', listener)
    })
  })

  async function silentFailureOf(program: Promise<unknown>): Promise<Error & { readonly code?: string }> {
    const error = await failureOf(program)
    expect(sayings(error)).not.toContain(SECRET)
    for (const saying of printed) expect(sayings(saying)).not.toContain(SECRET)
    return error
  }

  async function filled(config: PooledSqliteDialectConfig): Promise<Kysely<any>> {
    const { db } = open<any>({ ...config, threads })
    for (const sql of SCHEMA) await run(db, sql)
    await run(db, "insert into t (id, a, c) values (1, ?, 'c')", SECRET)
    return db
  }

  // In another thread each starts one.
  test.each(threads === 0 ? FAILING : sampled(FAILING, 3))('%s', async (_name, program) => {
    const db = await filled({ url: ':memory:' })
    expect(await silentFailureOf(program(db))).toBeInstanceOf(Error)
  })

  test('a lock', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    const db = await filled({ url, poolclass: 'QueuePool', connectArgs: { timeout: 20 } })
    const lock = new RawLock(url)
    expect(await silentFailureOf(write(db))).toMatchObject({ code: 'SQLITE_BUSY' })
    expect(await silentFailureOf(db.transaction().execute(write))).toMatchObject({ code: 'SQLITE_BUSY' })
    lock.release()
    const nested = db.transaction().execute(async (trx) => {
      await run(trx, 'update t set c = ?', SECRET)
      await write(db)
    })
    expect(await silentFailureOf(nested)).toMatchObject({ code: 'SQLITE_BUSY' })
    expect(printed.length).toBeGreaterThan(0)
  })

  test('a wait for a connection', async () => {
    const db = await filled({ url: ':memory:', poolTimeout: 20 })
    const nested = db.transaction().execute(async (trx) => {
      await run(trx, 'update t set c = ?', SECRET)
      await run(db, 'select ?', SECRET)
    })
    expect(await silentFailureOf(nested)).toMatchObject({ code: 'POOL_TIMEOUT' })
  })

  test('the end of the database', async () => {
    const dialect = new PooledSqliteDialect({ url: ':memory:', threads })
    const db = new Kysely<any>({ dialect })
    await run(db, 'select 1')
    const [outcome] = await Promise.allSettled([run(db, 'select length(?)', SECRET), db.destroy()])
    expect(sayings(outcome)).not.toContain(SECRET)
    expect(await silentFailureOf(run(db, 'select ?', SECRET))).toBeInstanceOf(Error)
  })
})

describe('no error tells a parameter of a query in a thread that', () => {
  const LONG = CompiledQuery.raw(`${UP_TO} select i, sleep(2), ? as x from c`, [200, SECRET])

  beforeEach(() => {
    // Kysely reports there what became of an aborted query.
    vi.spyOn(console, 'error').mockReturnValue()
  })

  test('exits', async () => {
    const error = await failureOf(run(hosted(), 'select exit_thread(), ?', SECRET))
    expect(error).toMatchObject({ code: 'POOLCLASS_THREAD_DIED' })
    expect(sayings(error)).not.toContain(SECRET)
  })

  test.each(['cancel query', 'kill session'] as const)('is aborted with “%s”', async (strategy) => {
    const db = hosted()
    await run(db, 'select 1')
    const controller = new AbortController()
    const options = { signal: controller.signal, inflightQueryAbortStrategy: strategy }
    const aborted = failureOf(db.executeQuery(LONG, options))
    const others = Promise.allSettled([
      run(db, 'select length(?)', SECRET),
      run(db, 'select json(?)', `{${SECRET}`),
    ])
    await delay(20)
    controller.abort()
    expect(sayings(await aborted)).not.toContain(SECRET)
    for (const outcome of await others) expect(sayings(outcome)).not.toContain(SECRET)
    for (const [args] of vi.mocked(console.error).mock.calls) expect(sayings(args)).not.toContain(SECRET)
  })
})
