import {
  isSqliteError,
  PooledSqliteDialect,
  type PooledSqliteDialectConfig,
  type PoolClassName,
} from '@poolclass/dialect'
import BetterSqlite3 from 'better-sqlite3'
import { Kysely, type KyselyConfig, sql } from 'kysely'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { inspect } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { migrate, migratorOf } from '../migrations/migrator.ts'
import { type CipherDatabase, openCipher, whyNoCiphers } from '../support/ciphers.ts'
import { isQuickRun } from '../support/effort.ts'
import { open } from '../support/open.ts'
import { openFilesIn } from '../support/open-files.ts'
import { failureOf } from '../support/failure.ts'
import { POOL_CLASSES } from '../support/pool-classes.ts'
import { onEachOf, run, thrownBy } from '../support/statements.ts'
import { messagesOf } from '../support/channels.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { collectWarnings } from '../support/warnings.ts'

const DRIVER = 'better-sqlite3-multiple-ciphers'
const SECRET = '5ec2e7'.repeat(9)
/** Keys that take no rounds of a hash, which each connection would go through. */
const KEY = `raw:${SECRET}${'a'.repeat(10)}`
const NEW_KEY = `raw:${SECRET}${'b'.repeat(10)}`
const PASSPHRASE = `it's a ${SECRET}`

/** The quick run opens an encrypted file in a thread once, with each form of the key. */
const HOMES: readonly (readonly [string, number])[] = [
  ['in this thread', 0],
  ...(isQuickRun ? [] : [['in other threads', 2] as const]),
]

type More = Omit<PooledSqliteDialectConfig, 'url'>

function encrypted(
  url: string,
  more: More = {},
  kysely: Omit<KyselyConfig, 'dialect'> = {},
): { db: Kysely<any>; dialect: PooledSqliteDialect } {
  return open({ driver: DRIVER, key: KEY, poolclass: 'QueuePool', ...more, url }, kysely)
}

const skipped = whyNoCiphers === undefined ? '' : ` (skipped: ${whyNoCiphers})`

describe.skipIf(whyNoCiphers !== undefined)(`an encrypted file${skipped}`, () => {
  describe.each(HOMES)('with connections %s', (_, threads) => {
    test.each(POOL_CLASSES)(
      'is written and read with %s, and unreadable to plain SQLite',
      async (poolclass) => {
        const directory = temporaryDirectory()
        const url = join(directory, 'app.db')
        const { db, dialect } = encrypted(url, { poolclass, threads, pragmas: { journal_mode: 'wal' } })
        await run(db, 'create table t (a)')
        await run(db, "insert into t values ('plain text')")
        for (const name of readdirSync(directory)) {
          const content = readFileSync(join(directory, name))
          for (const text of ['plain text', 'create table']) expect(content.includes(text)).toBe(false)
        }
        const count = dialect.pool.capacity > 1 ? 2 : 1
        for (const rows of await onEachOf(db, count, 'select a from t'))
          expect(rows).toEqual([{ a: 'plain text' }])
        await db.destroy()
        expect(plainErrorOf(url)).toMatchObject({ code: 'SQLITE_NOTADB' })
        expect(rowsByCipher(url, KEY)).toEqual([{ a: 'plain text' }])
      },
    )

    test.each<[string, string, string, RegExp]>([
      ['a wrong key', KEY, NEW_KEY, /the key is wrong/],
      ['a key although it has none', '', KEY, /it is not encrypted, but was opened with a key/],
    ])('that is opened with %s is an error before the pool lends anything', async (__, was, key, text) => {
      const directory = temporaryDirectory()
      const url = join(directory, 'app.db')
      fill(url, was)
      const { db, dialect } = encrypted(url, { key, threads, pragmas: { journal_mode: 'wal' } })
      for (let n = 0; n < 2; n += 1) {
        const error = await failureOf(run(db, 'select 1'))
        expect(isSqliteError(error, 'SQLITE_NOTADB')).toBe(true)
        expect(error.message).toContain(`file is not a database: ${url} (`)
        expect(error.message).toMatch(text)
        expect(shown(error)).not.toContain(SECRET)
      }
      expect(dialect.pool.status()).toMatchObject({ idle: 0, checkedOut: 0, opened: 0 })
      expect(openFilesIn(directory)).toEqual([])
      expect(readdirSync(directory)).toEqual(['app.db'])
    })

    test('is migrated, and the file of the lock has nothing in it', async () => {
      const directory = temporaryDirectory()
      const url = join(directory, 'app.db')
      const { db } = encrypted(url, { threads })
      let lock: Buffer | undefined
      const create = async (on: Kysely<any>): Promise<void> => {
        await sql`create table t (a)`.execute(on)
        lock = readFileSync(`${url}-migration-lock`)
      }
      expect(await migrate(migratorOf(db, { '1 create': create, '2 insert': insertOne }))).toHaveLength(2)
      expect(lock).toHaveLength(0)
      await db.destroy()
      expect(rowsByCipher(url, KEY)).toEqual([{ a: 1 }])
      expect(plainErrorOf(url).code).toBe('SQLITE_NOTADB')
    })

    test.each<[string, (to: { db: Kysely<any>; dialect: PooledSqliteDialect }) => Promise<unknown>]>([
      ['dialect.rekey()', ({ dialect }) => dialect.rekey(NEW_KEY)],
      ['dialect.rekey() with bytes', ({ dialect }) => dialect.rekey(Buffer.from(NEW_KEY))],
      ['pragma rekey', ({ db }) => run(db, `pragma rekey = '${NEW_KEY}'`)],
      ['pragma rekey with parentheses', ({ db }) => run(db, `PRAGMA main.rekey("${NEW_KEY}") ; -- )`)],
      ['pragma hexrekey', ({ db }) => run(db, `pragma hexrekey = '${Buffer.from(NEW_KEY).toString('hex')}'`)],
      [
        'pragma rekey in a session of its own',
        ({ db }) =>
          db.connection().execute(async (connection) => {
            await run(connection, 'select a from t')
            await run(connection, `pragma rekey = '${NEW_KEY}'`)
            await run(connection, 'select a from t')
          }),
      ],
      [
        'a migration',
        ({ db }) =>
          migrate(migratorOf(db, { '1': async (on) => void (await run(on, `pragma rekey = '${NEW_KEY}'`)) })),
      ],
    ])('is encrypted anew by %s, and all its connections go on', async (__, rekey) => {
      const url = join(temporaryDirectory(), 'app.db')
      fill(url, KEY)
      const each = encrypted(url, { threads, pragmas: { journal_mode: 'wal' } })
      await onEachOf(each.db, 3, 'select a from t')
      await rekey(each)
      for (const rows of await onEachOf(each.db, 3, 'select a from t')) expect(rows).toEqual([{ a: 1 }])
      await run(each.db, 'update t set a = 2')
      await each.db.destroy()
      expect(thrownBy(() => rowsByCipher(url, KEY))).toMatchObject({ code: 'SQLITE_NOTADB' })
      expect(rowsByCipher(url, NEW_KEY)).toEqual([{ a: 2 }])
      expect(await run(encrypted(url, { threads, key: NEW_KEY }).db, 'select a from t')).toEqual([{ a: 2 }])
    })

    test('is backed up into a file that is encrypted with the same key, as it is at the time', async () => {
      const directory = temporaryDirectory()
      const url = join(directory, 'app.db')
      const copies = ['first', 'second'].map((name) => join(directory, `${name} copy.db`)) as [string, string]
      fill(url, KEY)
      const { db, dialect } = encrypted(url, { threads })
      await run(db, "insert into t values ('plain text')")
      await dialect.backup(copies[0])
      await dialect.rekey(NEW_KEY)
      await dialect.backup(copies[1])
      expect(readdirSync(directory).toSorted()).toEqual(['app.db', 'first copy.db', 'second copy.db'])
      for (const [copy, key] of [
        [copies[0], KEY],
        [copies[1], NEW_KEY],
      ] as const) {
        expect(readFileSync(copy).includes('plain text')).toBe(false)
        expect(plainErrorOf(copy).code).toBe('SQLITE_NOTADB')
        expect(rowsByCipher(copy, key)).toEqual([{ a: 1 }, { a: 'plain text' }])
      }
    })

    test.each(["pragma rekey = ''", 'pragma rekey', 'pragma main.hexrekey'])(
      'is no longer encrypted after “%s”, and encrypted again after a rekey with a key',
      async (removal) => {
        const url = join(temporaryDirectory(), 'app.db')
        fill(url, KEY)
        const { db, dialect } = encrypted(url, { threads })
        await onEachOf(db, 2, 'select a from t')
        await run(db, removal)
        await onEachOf(db, 2, 'select a from t')
        expect(readFileSync(url).toString('latin1', 0, 15)).toBe('SQLite format 3')
        await dialect.rekey(NEW_KEY)
        await onEachOf(db, 2, 'select a from t')
        await db.destroy()
        expect(rowsByCipher(url, NEW_KEY)).toEqual([{ a: 1 }])
      },
    )

    test('was not encrypted before dialect.rekey() on a dialect without a key', async () => {
      const url = join(temporaryDirectory(), 'app.db')
      fill(url, '')
      const { db, dialect } = encrypted(url, { key: null, threads })
      await onEachOf(db, 2, 'select a from t')
      await dialect.rekey(KEY)
      for (const rows of await onEachOf(db, 2, 'select a from t')) expect(rows).toEqual([{ a: 1 }])
      await db.destroy()
      expect(rowsByCipher(url, KEY)).toEqual([{ a: 1 }])
    })

    test('is not encrypted anew inside a transaction, which could be rolled back', async () => {
      const url = join(temporaryDirectory(), 'app.db')
      fill(url, KEY)
      const { db } = encrypted(url, { threads })
      const error = await failureOf(
        db.transaction().execute((trx) => run(trx, `pragma rekey = '${NEW_KEY}'`)),
      )
      expect(error.code).toBe('POOLCLASS_REKEY')
      expect(shown(error)).not.toContain(SECRET)
      expect(await run(db, 'select a from t')).toEqual([{ a: 1 }])
      await db.destroy()
      expect(rowsByCipher(url, KEY)).toEqual([{ a: 1 }])
    })

    test.each<[string, (file: string) => [text: string, ...parameters: unknown[]], string]>([
      ['text', (file) => [`attach '${file}' as other key '${NEW_KEY}'`], NEW_KEY],
      ['a parameter', (file) => ['attach ? as other key ?', file, NEW_KEY], NEW_KEY],
      ['bytes', (file) => ['attach ? as other key ?', file, Buffer.from(NEW_KEY)], NEW_KEY],
      ['an empty one: then it is not encrypted', (file) => ["attach ? as other key ''", file], ''],
    ])('that is attached with its own key, given as %s, is on every connection', async (__, attach, key) => {
      const directory = temporaryDirectory()
      const other = join(directory, 'other.db')
      fill(other, key)
      const { db } = encrypted(join(directory, 'app.db'), { threads })
      const [text, ...parameters] = attach(other)
      await run(db, text, ...parameters)
      for (const rows of await onEachOf(db, 3, 'select a from other.t')) expect(rows).toEqual([{ a: 1 }])
    })

    test('that is created by an attach without a key has that of the main database', async () => {
      const directory = temporaryDirectory()
      const { db } = encrypted(join(directory, 'app.db'), { threads })
      await run(db, 'create table own (a)')
      await run(db, 'attach ? as other', join(directory, 'other.db'))
      await run(db, 'create table other.t as select 1 as a')
      for (const rows of await onEachOf(db, 3, 'select a from other.t')) expect(rows).toEqual([{ a: 1 }])
      await db.destroy()
      expect(rowsByCipher(join(directory, 'other.db'), KEY)).toEqual([{ a: 1 }])
    })

    test('that can no longer be attached is named without its key', async () => {
      const directory = temporaryDirectory()
      const other = join(directory, 'other.db')
      fill(other, NEW_KEY)
      const { db } = encrypted(join(directory, 'app.db'), { threads })
      await run(db, `attach '${other}' as other key '${NEW_KEY}'`)
      const changed = openCipher(other, NEW_KEY)
      changed.rekey(Buffer.from('third'))
      changed.close()
      const error = await failureOf(onEachOf(db, 2, 'select a from other.t'))
      expect(shown(error)).not.toContain(SECRET)
      expect(error.message).toContain('not a database')
    })

    test('shows its key nowhere', async () => {
      const url = join(temporaryDirectory(), 'app.db')
      const texts: unknown[] = []
      const { db, dialect } = encrypted(url, { threads }, { log: (event) => void texts.push(shown(event)) })
      for (const event of ['firstConnect', 'connect', 'checkout', 'checkin', 'reset', 'close'] as const) {
        dialect.pool.on(event, (...args: unknown[]) => void texts.push(shown(args)))
      }
      const messages = [messagesOf('tracing:poolclass:query:start'), messagesOf('poolclass:wait')]
      const warn = (warning: Error): void => void texts.push(shown(warning))
      process.on('warning', warn)
      onTestFinished(() => void process.off('warning', warn))
      await run(db, 'create table t (a)')
      await run(db, 'selec 1').catch((error: unknown) => texts.push(shown(error)))
      texts.push(shown(dialect), shown(db), shown(dialect.pool.status()), String(dialect.pool.status()))
      await dialect.rekey(NEW_KEY)
      await onEachOf(db, 2, 'select * from t')
      await db.destroy()
      for (const message of messages.flat() as { sql?: string }[]) texts.push(message.sql)
      expect(texts).toContain('pragma hexrekey …')
      texts.push(shown(dialect), shown(process.report.getReport()))
      expect(texts.length).toBeGreaterThan(10)
      const all = texts.join('\n')
      for (const key of [KEY, NEW_KEY]) {
        const bytes = Buffer.from(key)
        for (const form of [
          key,
          bytes.toString('hex'),
          bytes.toString('base64'),
          bytes.join(', '),
          bytes.toString('hex', 0, 6),
        ]) {
          expect(all).not.toContain(form)
        }
      }
    })
  })

  test.each<[string, () => More['key']]>([
    ['bytes', () => new TextEncoder().encode(PASSPHRASE)],
    ['a Buffer', () => Buffer.from(`xx${PASSPHRASE}xx`).subarray(2, -2)],
    ['the name of an environment variable', () => ({ env: 'POOLCLASS_TEST_KEY' })],
    ['that name in JSON', () => JSON.parse('{ "env": "POOLCLASS_TEST_KEY" }')],
  ])('takes its key as %s, which means the same as its text', async (_, key) => {
    process.env['POOLCLASS_TEST_KEY'] = PASSPHRASE
    onTestFinished(() => void delete process.env['POOLCLASS_TEST_KEY'])
    const url = join(temporaryDirectory(), 'app.db')
    fill(url, PASSPHRASE)
    for (const threads of [0, 1]) {
      const { db } = encrypted(url, { key: key(), threads })
      expect(await run(db, 'select a from t')).toEqual([{ a: 1 }])
    }
  })

  test.each<PoolClassName>(['NullPool', 'QueuePool', 'StaticPool'])(
    'is encrypted anew while others read it with %s in this thread, and none of them notices',
    async (poolclass) => {
      const url = join(temporaryDirectory(), 'app.db')
      fill(url, KEY)
      const { db, dialect } = encrypted(url, { poolclass })
      const end = new AbortController()
      const read = async (): Promise<number> => {
        let count = 0
        for (; !end.signal.aborted; count += 1) expect(await run(db, 'select a from t')).toEqual([{ a: 1 }])
        return count
      }
      const readers = Array.from({ length: 5 }, read)
      for (const key of [NEW_KEY, KEY, NEW_KEY]) await dialect.rekey(key)
      end.abort()
      for (const count of await Promise.all(readers)) expect(count).toBeGreaterThan(0)
    },
  )

  test(
    'is encrypted anew while a checkpoint begins, which is no reason for a warning',
    { tags: 'slow' },
    async () => {
      const url = join(temporaryDirectory(), 'app.db')
      const { db, dialect } = encrypted(url, { pragmas: { journal_mode: 'wal' } })
      const warnings = collectWarnings('POOLCLASS_WAL_BLOCKED')
      const checkpoints = messagesOf<{ error?: unknown }>('poolclass:checkpoint')
      await run(db, 'create table t (a)')
      for (let keys = 0; checkpoints.length < 2; keys += 1) {
        await run(db, 'insert into t values (zeroblob(6000000))')
        await delay(30) // The checkpoint is under way.
        await dialect.rekey(keys % 2 === 0 ? NEW_KEY : KEY)
        await run(db, 'delete from t')
      }
      expect(checkpoints.filter(({ error }) => error !== undefined)).toEqual([])
      expect(warnings).toEqual([])
    },
  )

  test.each([0, 1])(
    'attached by a URI with its key is named without that, with threads: %i',
    async (threads) => {
      const directory = temporaryDirectory()
      const { db } = encrypted(join(directory, 'app.db'), { threads })
      const uri = (file: string): string =>
        `file:${join(directory, file)}?mode=rw&key=${encodeURIComponent(KEY)}`
      expect(shown(await failureOf(run(db, `attach '${uri('missing.db')}' as other`)))).not.toContain(SECRET)
      fill(join(directory, 'other.db'), KEY)
      await run(db, `attach '${uri('other.db')}' as other`)
      expect(await run(db, 'select a from other.t')).toEqual([{ a: 1 }])
      rmSync(join(directory, 'other.db'))
      const error = await failureOf(onEachOf(db, 2, 'select 1'))
      expect(error.code).toBe('POOLCLASS_SETTING_REPLAY')
      expect(shown(error)).not.toContain(SECRET)
    },
  )

  test('has its key before anything else also on the handle of a creator', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    fill(url, KEY)
    const { db } = encrypted(url, { creator: (_, { filename }) => openCipher(filename) })
    expect(await run(db, 'select a from t')).toEqual([{ a: 1 }])
  })

  test('is read only where the config says so and a creator obeys, and is refused where it does not', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    fill(url, KEY)
    const readOnly = { connectArgs: { readonly: true } }
    const obeys = encrypted(url, {
      ...readOnly,
      creator: (_, { filename, options }) => openCipher(filename, undefined, options),
    })
    expect(await run(obeys.db, 'select a from t')).toEqual([{ a: 1 }])
    expect(await failureOf(run(obeys.db, 'delete from t'))).toMatchObject({ code: 'SQLITE_READONLY' })
    const { db } = encrypted(url, { ...readOnly, creator: (_, { filename }) => openCipher(filename) })
    expect((await failureOf(run(db, 'select a from t'))).message).toContain('can write')
  })

  test('is backed up by a connection of the pool where a creator opens it, with the key that it has then', async () => {
    const directory = temporaryDirectory()
    const url = join(directory, 'app.db')
    fill(url, KEY)
    const { db, dialect } = encrypted(url, {
      poolclass: 'StaticPool',
      creator: (_, { filename }) => openCipher(filename),
    })
    await run(db, 'select a from t')
    await dialect.rekey(NEW_KEY)
    await dialect.backup(join(directory, 'copy.db'))
    expect(rowsByCipher(join(directory, 'copy.db'), NEW_KEY)).toEqual([{ a: 1 }])
  })

  test('has the cipher that a creator chooses, such as that of SQLCipher', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    const { db } = encrypted(url, { creator: (_, { filename }) => openSqlCipher(filename) })
    await run(db, 'create table t as select 1 as a')
    await db.destroy()
    expect(thrownBy(() => rowsByCipher(url, KEY))).toMatchObject({ code: 'SQLITE_NOTADB' })
    const plain = openSqlCipher(url)
    plain.key(Buffer.from(KEY))
    expect(plain.prepare('select a from t').all()).toEqual([{ a: 1 }])
    plain.close()
  })

  test('is told from a broken one, where the driver does not encrypt or no key is given', async () => {
    const url = join(temporaryDirectory(), 'app.db')
    fill(url, KEY)
    for (const driver of ['better-sqlite3', DRIVER]) {
      const { message } = await failureOf(run(open({ url, driver }).db, 'select * from t'))
      expect(message).toBe(
        "file is not a database. It is damaged, of another kind, or encrypted. An encrypted file needs driver: 'better-sqlite3-multiple-ciphers' " +
          'and its current key.',
      )
    }
  })

  test('needs a VFS that encrypts, and the error names it', async () => {
    const url = `file:${join(temporaryDirectory(), 'app.db')}?vfs=`
    const { message } = await failureOf(run(encrypted(`${url}unix-none`).db, 'select 1'))
    expect(message).toContain('the VFS unix-none does not encrypt; multipleciphers-unix-none does')
    const { db } = encrypted(`${url}multipleciphers-unix-none`)
    expect(await run(db, 'select 1 as one')).toEqual([{ one: 1 }])
  })
})

test.each<[string, PooledSqliteDialectConfig, string, RegExp]>([
  [
    'on a driver that does not encrypt',
    { url: 'app.db', key: SECRET },
    'key',
    /^The driver better-sqlite3 cannot encrypt, so it takes no key\. .* set driver: 'better-sqlite3-multiple-ciphers'/,
  ],
  [
    'on node:sqlite',
    { url: 'app.db', driver: 'node:sqlite', key: SECRET },
    'key',
    /^The driver node:sqlite cannot encrypt, so it takes no key/,
  ],
  ['in memory', { url: ':memory:', driver: DRIVER, key: SECRET }, 'key', /memory database has no file/],
  [
    'in shared memory',
    { url: 'file:/x?vfs=memdb', driver: DRIVER, key: SECRET },
    'key',
    /shared-memory database has no file/,
  ],
  ['that is empty', { url: 'app.db', driver: DRIVER, key: '' }, 'key', /key is empty/],
  ['that has no bytes', { url: 'app.db', driver: DRIVER, key: new Uint8Array() }, 'key', /key is empty/],
  [
    'that is a number',
    { url: 'app.db', driver: DRIVER, key: 31337 as never },
    'key',
    /not a value of type number/,
  ],
  [
    'of a variable that is not set',
    { url: 'app.db', driver: DRIVER, key: { env: 'POOLCLASS_NONE' } },
    'key.env',
    /variable POOLCLASS_NONE, which is not set/,
  ],
  [
    'of something that is no variable',
    { url: 'app.db', driver: DRIVER, key: { env: `${SECRET}!` } },
    'key.env',
    /must be the name/,
  ],
  [
    'with a misspelt env',
    { url: 'app.db', driver: DRIVER, key: { ENV: SECRET } as never },
    'key.ENV',
    /did you mean key\.env\?/,
  ],
  [
    'among the pragmas',
    { url: 'app.db', driver: DRIVER, pragmas: { key: SECRET } },
    'pragmas.key',
    /Set key instead/,
  ],
  ['misspelt', { url: 'app.db', driver: DRIVER, kee: SECRET } as never, 'kee', /did you mean key\?/],
  ['called passphrase', { url: 'app.db', passphrase: SECRET } as never, 'passphrase', /did you mean key\?/],
])('a key %s is refused, and not shown', (_, config, key, message) => {
  const error = thrownBy(() => new PooledSqliteDialect(config))
  expect(error).toMatchObject({ code: 'POOLCLASS_CONFIG', key })
  expect(error.message).toMatch(message)
  for (const secret of [SECRET, '31337']) expect(shown(error)).not.toContain(secret)
})

test('a key in the URL is refused with its place, and not shown', () => {
  const error = thrownBy(() => new PooledSqliteDialect(`file:app.db?key=${SECRET}`))
  expect(error.message).toMatch(/set `key`/)
  expect(shown(error)).not.toContain(SECRET)
})

test('dialect.rekey() refuses what the config would refuse', async () => {
  const dialect = new PooledSqliteDialect(join(temporaryDirectory(), 'app.db'))
  expect((await failureOf(dialect.rekey(SECRET))).message).toMatch(/better-sqlite3 cannot encrypt/)
  expect((await failureOf(dialect.rekey(null as never))).message).toMatch(/key must be text/)
})

/** Everything that somebody could log. */
function shown(value: unknown): string {
  const seen = inspect(value, {
    showHidden: true,
    depth: Infinity,
    maxArrayLength: Infinity,
    maxStringLength: Infinity,
  })
  return value instanceof Error ? `${seen} ${value.stack}` : seen
}

function openSqlCipher(filename: string): CipherDatabase {
  const database = openCipher(filename)
  database.pragma("cipher = 'sqlcipher'")
  return database
}

async function insertOne(on: Kysely<any>): Promise<void> {
  await sql`insert into t values (1)`.execute(on)
}

/** Makes a file of the package's own, with one row. */
function fill(filename: string, key: string): void {
  const database = openCipher(filename, key === '' ? undefined : key)
  database.exec('create table t (a); insert into t values (1)')
  database.close()
}

function rowsByCipher(filename: string, key: string): unknown[] {
  const database = openCipher(filename, key)
  try {
    return database.prepare('select a from t').all()
  } finally {
    database.close()
  }
}

function plainErrorOf(filename: string): Error & { readonly code: string } {
  const database = new BetterSqlite3(filename)
  onTestFinished(() => void database.close())
  return thrownBy(() => database.prepare('select * from t').all())
}
