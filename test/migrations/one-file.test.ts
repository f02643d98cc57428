import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { mkdirSync, readdirSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { open } from '../support/open.ts'
import { PlainDatabase } from '../support/plain-database.ts'
import { failureOf } from '../support/failure.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { migrate, migratorOf } from './migrator.ts'

/** By their real paths, because a link to a directory is listed as another one. */
function lockFilesBelow(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  const locks = names.filter((name) => name.endsWith('-migration-lock'))
  return [...new Set(locks.map((name) => realpathSync(join(directory, name))))]
}

/** Takes the migration lock of a dialect until the test ends, or has it released before. */
function locking(dialect: PooledSqliteDialect): {
  readonly taken: Promise<void>
  release: () => Promise<void>
} {
  const adapter = dialect.createAdapter()
  const migrator = new Kysely<any>({ dialect })
  const release = (): Promise<void> => adapter.releaseMigrationLock(migrator, {} as never)
  onTestFinished(release)
  return { taken: adapter.acquireMigrationLock(migrator, {} as never), release }
}

/** How a file is named before it exists, how afterwards, and what happens in between; relative to a directory. */
const NAMES: readonly (readonly [
  string,
  (at: (path: string) => string) => readonly [string, () => void, string],
])[] = [
  [
    'a symbolic link whose target is created later',
    (at) => {
      symlinkSync(at('data.db'), at('app.db'))
      return [at('app.db'), () => writeFileSync(at('data.db'), ''), at('data.db')]
    },
  ],
  [
    'a relative link',
    (at) => {
      mkdirSync(at('releases'))
      symlinkSync('../data.db', at('releases/app.db'))
      return [at('releases/app.db'), () => writeFileSync(at('data.db'), ''), at('data.db')]
    },
  ],
  [
    'a chain of links',
    (at) => {
      symlinkSync('second.db', at('first.db'))
      symlinkSync(at('third.db'), at('second.db'))
      symlinkSync('./data.db', at('third.db'))
      return [at('first.db'), () => writeFileSync(at('data.db'), ''), at('second.db')]
    },
  ],
  [
    'a link to a directory that is created later',
    (at) => {
      symlinkSync(at('disk/data'), at('data'))
      return [
        at('data/app.db'),
        () => mkdirSync(at('disk/data'), { recursive: true }),
        at('disk/data/app.db'),
      ]
    },
  ],
  [
    'a directory that becomes a link before the first query',
    (at) => {
      const makeLink = (): void => {
        mkdirSync(at('releases/5'), { recursive: true })
        symlinkSync('releases/5', at('current'))
      }
      return [at('current/app.db'), makeLink, at('releases/5/app.db')]
    },
  ],
  [
    'a path that goes up behind a link',
    (at) => {
      mkdirSync(at('elsewhere'))
      symlinkSync('elsewhere/deep', at('link'))
      return [`${at('link')}/../app.db`, () => mkdirSync(at('elsewhere/deep')), at('elsewhere/app.db')]
    },
  ],
  [
    'a path that goes up behind a directory that is created later',
    (at) => [`${at('deep')}/../app.db`, () => mkdirSync(at('deep')), at('app.db')],
  ],
]

describe.each(NAMES)('%s names one file, whatever existed when:', (_, prepare) => {
  test('a dialect that was built before shares the migration lock with one that was built later', async () => {
    const directory = temporaryDirectory()
    const [before, make, after] = prepare((path) => join(directory, path))
    const early = new PooledSqliteDialect(before)
    make()
    const late = new PooledSqliteDialect(after)
    const first = locking(early)
    await first.taken
    let isTaken = false
    const second = locking(late)
    const taken = second.taken.then(() => (isTaken = true))
    await delay(50)
    expect(isTaken).toBe(false)
    await first.release()
    await taken
    expect(lockFilesBelow(directory)).toHaveLength(1)
  })

  test('they wait in one line to write', async () => {
    const directory = temporaryDirectory()
    const [before, make, after] = prepare((path) => join(directory, path))
    const early = open({ url: before, poolclass: 'QueuePool' })
    make()
    const late = open({ url: after, poolclass: 'QueuePool', connectArgs: { timeout: 20 } })
    await run(late.db, 'create table t (a)')
    await early.db.transaction().execute(async (trx) => {
      await run(trx, 'insert into t values (1)')
      const error = await failureOf(run(late.db, 'insert into t values (2)'))
      expect(error.message).toMatch(/a connection of this thread/)
    })
  })
})

test('a loop of links is an error of the first query', async () => {
  const directory = temporaryDirectory()
  symlinkSync('b.db', join(directory, 'a.db'))
  symlinkSync('a.db', join(directory, 'b.db'))
  const { db } = open(join(directory, 'a.db'))
  expect(await failureOf(run(db, 'select 1'))).toMatchObject({
    code: expect.stringMatching(/^SQLITE_CANTOPEN/),
  })
  await failureOf(locking(new PooledSqliteDialect(join(directory, 'a.db'))).taken)
})

describe('no lock file is left behind', () => {
  const migrations = { a: () => Promise.resolve() }

  /** A database that is migrated, without the lock file of that. */
  async function migrated(): Promise<{ readonly directory: string; readonly path: string }> {
    const directory = temporaryDirectory()
    const path = join(directory, 'app.db')
    const { db } = open(path)
    await migrate(migratorOf(db, migrations))
    await db.destroy()
    rmSync(`${path}-migration-lock`)
    return { directory, path }
  }

  test.each<readonly [string, (path: string) => ConstructorParameters<typeof PooledSqliteDialect>[0]]>([
    ['mode=ro', (path) => `file:${path}?mode=ro`],
    ['connectArgs.readonly', (url) => ({ url, connectArgs: { readonly: true } })],
    ['immutable=1', (path) => `file:${path}?immutable=1`],
  ])('by a migrator that cannot write: %s', async (_, config) => {
    const { directory, path } = await migrated()
    const { db } = open(config(path) as string)
    expect(await migrate(migratorOf(db, migrations))).toEqual([])
    await expect(
      migrate(
        migratorOf(db, {
          ...migrations,
          b: (on) => on.schema.createTable('t').addColumn('a', 'text').execute(),
        }),
      ),
    ).rejects.toMatchObject({
      code: 'SQLITE_READONLY',
    })
    expect(readdirSync(directory)).toEqual(['app.db'])
  })

  test.each(['mode=rw', 'mode=ro'])('for a database that must exist and does not: %s', async (mode) => {
    const directory = temporaryDirectory()
    const dialect = new PooledSqliteDialect(`file:${join(directory, 'app.db')}?${mode}`)
    const error = await failureOf(locking(dialect).taken)
    expect(error).toMatchObject({ name: 'SqliteError', code: 'SQLITE_CANTOPEN' })
    expect(error.message).toContain('it does not exist')
    expect(readdirSync(directory)).toEqual([])
  })

  test('for a directory', async () => {
    const directory = temporaryDirectory()
    const path = join(directory, 'data')
    mkdirSync(path)
    expect(await failureOf(locking(new PooledSqliteDialect(path)).taken)).toMatchObject({
      code: 'SQLITE_CANTOPEN',
    })
    expect(readdirSync(directory)).toEqual(['data'])
  })
})

test('a database that moves while a dialect is in use is locked where it is then', async () => {
  const directory = temporaryDirectory()
  const [link, first, second] = ['app.db', 'first.db', 'second.db'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ]
  new PlainDatabase(first).exec('create table t (a)').close()
  symlinkSync(first, link)
  const { db, dialect } = open(link)
  await run(db, 'select * from t')
  renameSync(first, second)
  rmSync(link)
  symlinkSync(second, link)
  await locking(dialect).taken
  expect(lockFilesBelow(directory)).toEqual([`${second}-migration-lock`])
})
