import {
  DialectError,
  explain,
  PooledSqliteDialect,
  type PooledSqliteDialectConfig,
  PoolError,
} from '@poolclass/dialect'
import { transform } from 'esbuild'
import { Kysely, sql } from 'kysely'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { locationTable } from '../url/location-table.ts'

const configs: readonly PooledSqliteDialectConfig[] = [
  { url: ':memory:' },
  { url: ':memory:', threads: 1 },
  { url: ':memory:', poolclass: 'StaticPool', connectArgs: { checkSameThread: false } },
  { url: 'app.db' },
  { url: 'app.db', poolclass: 'QueuePool', poolSize: 3, maxOverflow: 4 },
  { url: 'app.db', poolclass: 'QueuePool', poolSize: 0 },
  { url: 'app.db', poolclass: 'QueuePool', maxOverflow: -1 },
  { url: 'app.db', poolclass: 'GenericPool', min: 2, max: 7 },
  { url: 'app.db', poolclass: 'SingletonThreadPool', threads: 3 },
  { url: 'app.db', poolclass: 'AssertionPool' },
  { url: 'file:x?mode=memory&cache=shared', poolclass: 'QueuePool' },
]

const impossible: readonly (string | PooledSqliteDialectConfig)[] = [
  'postgres://localhost/app',
  'file:app.db?mod=ro',
  '${DATABASE_URL}',
  { url: 'app.db', poolSize: 5 },
  { url: ':memory:', poolclass: 'QueuePool' },
  { url: ':memory:', threads: 2 },
  { url: 'app.db', poolclass: 'GenericPool', min: 5, max: 3 },
  { url: 'app.db', pragmas: { journal_mod: 'wal' } },
  { url: 'app.db', key: 'secret' },
  { url: 'file:app.db?mode=ro', connectArgs: { readonly: false } },
]

describe('an explanation', () => {
  test.each(locationTable)(
    'of %s has the location and the pool class of the table',
    (url, location, poolclass) => {
      expect(explain(url)).toMatchObject({ location, pool: { name: poolclass, chosenBy: 'url' } })
    },
  )

  test.each(configs)('of %j has the pool that the dialect has', (config) => {
    const { pool } = new PooledSqliteDialect(config)
    const explained = explain(config)
    expect(explained.error).toBe(undefined)
    expect(explained.pool?.name).toBe(pool.constructor.name)
    expect(explained.pool?.connections ?? Infinity).toBe(pool.capacity)
    expect(explained.pool?.threads).toBe(config.threads ?? 0)
  })

  test.each(impossible)('of %j has the error that the dialect throws, and no pool', (config) => {
    const thrown = errorOf(() => new PooledSqliteDialect(config))
    const { error, pool } = explain(config)
    expect(error).toMatchObject({
      name: thrown.name,
      code: thrown.code,
      message: thrown.message,
      docs: thrown.docs,
    })
    expect(pool).toBe(undefined)
  })

  test.each([...configs, ...impossible])('of %j is plain data', (config) => {
    const explained = explain(config)
    expect(JSON.parse(JSON.stringify(explained))).toEqual(explained)
  })

  test('names the files that a database in WAL mode has', async () => {
    const folder = temporaryDirectory()
    const config = { url: join(folder, 'app.db'), poolclass: 'StaticPool', pragmas: { journal_mode: 'wal' } }
    const db = new Kysely<unknown>({ dialect: new PooledSqliteDialect(config) })
    await sql`create table t (a)`.execute(db)
    const named = explain(config).onDisk?.join(' ') ?? ''
    expect(readdirSync(folder).toSorted()).toEqual(['app.db', 'app.db-shm', 'app.db-wal'])
    for (const file of readdirSync(folder)) expect(named).toContain(file)
    await db.destroy()
    expect(readdirSync(folder)).toEqual(['app.db'])
  })

  test('says what SQLAlchemy loses where it takes shared memory for a file', () => {
    expect(explain('file::memory:?cache=shared').sqlalchemy).toMatch(/takes? this for a file.*data is gone/s)
    expect(explain('file:x?mode=memory&cache=shared').sqlalchemy).toMatch(/SingletonThreadPool/)
    expect(explain('sqlite:///app.db').sqlalchemy).toBe('SQLAlchemy 2 uses QueuePool, and 1.4 NullPool.')
  })

  test('masks the secrets of a URL at fault', () => {
    expect(JSON.stringify(explain('postgres://me:hunter2@host/db'))).not.toContain('hunter2')
  })
})

describe('the explanation for browsers', () => {
  const built = resolve(import.meta.dirname, '../../packages/dialect/dist/explain.js')

  test('imports nothing, and names no module of Node.js', () => {
    const text = readFileSync(built, 'utf8')
    expect(text).not.toMatch(/^import\b|\bimport\(|\brequire\(|['"]node:(?!sqlite['"])/m)
  })

  test('says the same when it is minified, which renames the classes', async () => {
    const { code } = await transform(readFileSync(built, 'utf8'), { minify: true })
    const file = join(temporaryDirectory(), 'explain.js')
    writeFileSync(file, code)
    const { explain: minified } = (await import(pathToFileURL(file).href)) as { explain: typeof explain }
    for (const config of [...configs, ...impossible]) expect(minified(config)).toEqual(explain(config))
  })

  test('says the same', async () => {
    const { explain: explainThere } = (await import(pathToFileURL(built).href)) as { explain: typeof explain }
    for (const config of [...configs, ...impossible]) expect(explainThere(config)).toEqual(explain(config))
  })
})

function errorOf(build: () => unknown): PoolError | DialectError {
  try {
    build()
  } catch (error) {
    if (error instanceof PoolError || error instanceof DialectError) return error
  }
  throw new Error('it did not fail as expected')
}
