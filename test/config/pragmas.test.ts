import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import BetterSqlite3 from 'better-sqlite3'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { failureOf } from '../support/failure.ts'
import { PlainDatabase } from '../support/plain-database.ts'
import { onEachOf, run, thrownBy } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

type Pragmas = NonNullable<PooledSqliteDialectConfig['pragmas']>

function newFile(): string {
  return join(temporaryDirectory(), 'app.db')
}

/** What the only pragma of a config reads, on a connection to a new file. */
async function valueOf(pragmas: Pragmas): Promise<unknown> {
  const [name = ''] = Object.keys(pragmas)
  const { db } = open({ url: newFile(), poolclass: 'StaticPool', pragmas })
  const [row] = await run(db, `pragma ${name}`)
  return Object.values(row)[0]
}

describe('a value that SQLite would take for another one is refused:', () => {
  test.each<[string, unknown, RegExp]>([
    ['foreign_keys', 'ture', /true, false, 'on' or 'off', not "ture"/],
    ['foreign_keys', 2, /not 2/],
    ['foreign_keys', '', /not ""/],
    ['journal_mode', 'wall', /delete, truncate, persist, memory, wal or off, not "wall"; did you mean wal\?/],
    ['journal_mode', true, /not true/],
    ['journal_mode', 1, /not 1/],
    ['synchronous', 'nomal', /off, normal, full or extra.*did you mean normal\?/],
    ['synchronous', 4, /not 4/],
    ['synchronous', 'on', /not "on"/],
    ['temp_store', 'ram', /default, file or memory/],
    ['locking_mode', 'shared', /normal or exclusive/],
    ['auto_vacuum', 'on', /none, full or incremental/],
    ['secure_delete', 'quick', /true, false or fast/],
    ['encoding', 'latin1', /UTF-8, UTF-16, UTF-16le or UTF-16be/],
    ['cache_size', 'many', /pages.*'64MB', not "many"/],
    ['cache_size', '', /not ""/],
    ['cache_size', true, /not true/],
    ['cache_size', 2 ** 31, /not 2147483648/],
    ['main.cache_size', 'many', /pragmas\.main\.cache_size must be/],
    ['CACHE_SIZE', 'many', /pragmas\.CACHE_SIZE must be/],
    ['journal_size_limit', '5 megabytes', /bytes.*'64MB'/],
    ['journal_size_limit', -2, /not -2/],
    ['mmap_size', '1.5GB', /not "1\.5GB"/],
    ['mmap_size', '99999999999GB', /not "99999999999GB"/],
    ['page_size', 1000, /512 to 65536/],
    ['page_size', '1MB', /512 to 65536/],
    ['wal_autocheckpoint', 'often', /whole number/],
    ['max_page_count', 0, /not 0/],
    ['application_id', 4294967295, /not 4294967295/],
    ['user_version', '1e3', /not "1e3"/],
    ['threads', -1, /not -1/],
    ['analysis_limit', '10 rows', /not "10 rows"/],
  ])('%s: %j', (name, value, message) => {
    const error = thrownBy(
      () => new PooledSqliteDialect({ url: 'app.db', pragmas: { [name]: value } as Pragmas }),
    )
    expect(error).toMatchObject({ code: 'POOLCLASS_CONFIG', key: `pragmas.${name}` })
    expect(error.message).toMatch(message)
  })
})

describe('a value has the effect that it says:', () => {
  test.each<[string, string | number | boolean, unknown]>([
    ['foreign_keys', false, 0],
    ['foreign_keys', 'OFF', 0],
    ['foreign_keys', 'no', 0],
    ['foreign_keys', '0', 0],
    ['foreign_keys', 'Yes', 1],
    ['foreign_keys', 1, 1],
    ['query_only', 'true', 1],
    ['journal_mode', 'WAL', 'wal'],
    ['journal_mode', 'memory', 'memory'],
    ['synchronous', 'normal', 1],
    ['synchronous', 'EXTRA', 3],
    ['synchronous', 0, 0],
    ['synchronous', '2', 2],
    ['temp_store', 'memory', 2],
    ['locking_mode', 'exclusive', 'exclusive'],
    ['auto_vacuum', 'incremental', 2],
    ['secure_delete', 'fast', 2],
    ['secure_delete', true, 1],
    ['encoding', 'utf8', 'UTF-8'],
    ['encoding', 'UTF-16be', 'UTF-16be'],
    ['cache_size', -2000, -2000],
    ['cache_size', '500', 500],
    ['cache_size', '64MB', -64 * 1024],
    ['cache_size', '8 MiB', -8 * 1024],
    ['cache_size', '1g', -(1024 ** 2)],
    ['main.cache_size', '512k', -512],
    ['cache_spill', false, 0],
    ['journal_size_limit', '5MB', 5 * 1024 ** 2],
    ['journal_size_limit', -1, -1],
    ['mmap_size', '1GB', 1024 ** 3],
    ['page_size', '8KB', 8192],
    ['wal_autocheckpoint', -1, 0],
    ['max_page_count', 5000, 5000],
    ['application_id', -7, -7],
    ['user_version', '3', 3],
    ['analysis_limit', 400, 400],
    ['recursive_triggers', true, 1],
  ])('%s: %j', async (name, value, expected) => {
    expect(await valueOf({ [name]: value })).toBe(expected)
  })
})

describe('what SQLite does not do, although the value is valid, is an error of the first query:', () => {
  test.each([0, 1])(
    'journal_mode off and writable_schema, which better-sqlite3 forbids (threads: %i)',
    async (threads) => {
      for (const pragmas of [{ journal_mode: 'off' }, { writable_schema: true }]) {
        const driver = 'better-sqlite3'
        const { db, dialect } = open({ url: newFile(), driver, poolclass: 'QueuePool', threads, pragmas })
        const error = await failureOf(run(db, 'select 1'))
        expect(error).toMatchObject({ code: 'POOLCLASS_CONFIG', key: `pragmas.${Object.keys(pragmas)[0]}` })
        expect(error.message).toMatch(/SQLite keeps it at ("delete"|0)/)
        expect(dialect.pool.status()).toMatchObject({ idle: 0, checkedOut: 0 })
      }
    },
  )

  test('node:sqlite does both', async () => {
    const pragmas = { journal_mode: 'off', writable_schema: true }
    const { db } = open({ url: newFile(), driver: 'node:sqlite', pragmas })
    expect(await run(db, 'select * from pragma_journal_mode, pragma_writable_schema')).toEqual([
      { journal_mode: 'off', writable_schema: 1 },
    ])
  })

  test('unless a creator allows it', async () => {
    const { db } = open({
      url: newFile(),
      threads: 0,
      pragmas: { journal_mode: 'off' },
      driver: 'better-sqlite3',
      creator: (location) => new BetterSqlite3('path' in location ? location.path : '').unsafeMode(),
    })
    expect(await run(db, 'pragma journal_mode')).toEqual([{ journal_mode: 'off' }])
  })

  test('with a safe integer of every result, too', async () => {
    const { db } = open({
      url: newFile(),
      connectArgs: { safeIntegers: true },
      pragmas: { synchronous: 'normal', cache_size: '1MB' },
    })
    expect(await run(db, 'pragma cache_size')).toEqual([{ cache_size: -1024n }])
  })
})

describe('what SQLite documents not to do is none:', () => {
  test.each(['', ':memory:', 'file:pragmas?mode=memory&cache=shared'])(
    'the journal and the locks of %j are what they are',
    async (url) => {
      const pragmas = { journal_mode: 'wal', locking_mode: 'normal', mmap_size: '1GB', page_size: 8192 }
      const { db } = open({ url, pragmas })
      expect(await run(db, 'select 1 as one')).toEqual([{ one: 1 }])
    },
  )

  test('a file keeps the page size, the encoding and the vacuum that it was created with', async () => {
    const url = newFile()
    new PlainDatabase(url).exec('create table t (a)').close()
    const { db } = open({ url, pragmas: { page_size: 8192, encoding: 'UTF-16', auto_vacuum: 'full' } })
    expect(await run(db, 'pragma page_size')).toEqual([{ page_size: 4096 }])
  })

  test('limits are capped', async () => {
    expect(await valueOf({ threads: 50 })).toBe(8)
    expect(await valueOf({ mmap_size: '64GB' })).toBeLessThan(2 ** 31)
  })

  test('a database that is read only keeps its journal mode', async () => {
    const url = newFile()
    const plain = new PlainDatabase(url)
    plain.pragma('journal_mode = wal')
    plain.exec('create table t (a)').close()
    const { db } = open({ url: `file:${url}?mode=ro`, pragmas: { journal_mode: 'wal', synchronous: 1 } })
    expect(await run(db, 'select * from t')).toEqual([])
  })
})

test('each connection has the values', async () => {
  const { db } = open({ url: newFile(), poolclass: 'QueuePool', pragmas: { cache_size: '2MB' } })
  const rows = await onEachOf(db, 4, 'pragma cache_size')
  expect(rows.flat()).toEqual(rows.map(() => ({ cache_size: -2048 })))
})

test('what a pragma does rather than sets takes any argument', async () => {
  const { db } = open({ url: newFile(), pragmas: { optimize: 0x10002, wal_checkpoint: 'truncate' } })
  expect(await run(db, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a refused value leaves no file behind', () => {
  const directory = temporaryDirectory()
  const config = { url: join(directory, 'app.db'), pragmas: { journal_mode: 'wall' } }
  expect(() => new PooledSqliteDialect(config)).toThrow('journal_mode')
  expect(readdirSync(directory)).toEqual([])
})
