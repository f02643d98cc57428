import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { expectAllReturned } from '../support/counters.ts'
import { testedDriver } from '../support/driver.ts'
import { isQuickRun, sampled } from '../support/effort.ts'
import { resultOf } from '../support/script-process.ts'
import { failureOf } from '../support/failure.ts'
import { newDialect } from '../support/open.ts'
import { PlainDatabase } from '../support/plain-database.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

type PoolConfig = Pick<PooledSqliteDialectConfig, 'driver' | 'poolclass' | 'threads'>

const POOLS: readonly (readonly [string, PoolConfig, keeps: boolean])[] = [
  ['QueuePool', { driver: testedDriver, poolclass: 'QueuePool' }, true],
  ['NullPool', { driver: testedDriver, poolclass: 'NullPool' }, false],
  [
    'SingletonThreadPool in a thread',
    { driver: testedDriver, poolclass: 'SingletonThreadPool', threads: 1 },
    true,
  ],
]

const JOURNAL_MODES = ['delete', 'wal'] as const

interface Opened {
  readonly url: string
  readonly db: Kysely<any>
  readonly dialect: PooledSqliteDialect
}

/** A database with one row, in the only file of its directory. */
async function opened(pool: PoolConfig, pragmas: Record<string, string | number> = {}): Promise<Opened> {
  const url = join(temporaryDirectory(), 'app.db')
  const dialect = newDialect({ url, ...pool, pragmas })
  const db = new Kysely<any>({ dialect })
  onTestFinished(() => db.destroy())
  await run(db, 'create table t (x)')
  await run(db, 'insert into t values (1)')
  return { url, db, dialect }
}

function valuesOf(rows: readonly { x: unknown }[]): unknown[] {
  return rows.map(({ x }) => x)
}

async function content(db: Kysely<any>): Promise<unknown[]> {
  return valuesOf(await run(db, 'select x from t order by x'))
}

function withoutFiles(
  config: Omit<PooledSqliteDialectConfig, 'url'>,
  beforehand: 'used' | 'new',
): Promise<any> {
  const url = join(temporaryDirectory(), 'app.db')
  const behind = ['sh', '-c', 'ulimit -n 100 && exec "$0" "$@"']
  const args = [JSON.stringify({ ...config, url }), beforehand]
  return resultOf('faults/scripts/no-more-files.ts', args, { behind })
}

/** What a new dialect cannot do without a file: `node:sqlite` has no package to load. */
function firstToFail({ threads }: PoolConfig): string {
  if (testedDriver !== 'node:sqlite') return 'POOLCLASS_DRIVER_MISSING'
  return threads === 1 ? 'EMFILE' : 'SQLITE_CANTOPEN'
}

function works(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

/** Has 2 MB at that directory for the script alone. */
function onDisk(directory: string): { readonly behind: readonly string[] } {
  const mount = 'mount -t tmpfs -o size=2m none "$0" && exec "$@"'
  return { behind: ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', mount, directory] }
}

/* Tests are skipped where the system does not let them make a disk full, limit a file, or forbid files to a process. */
const canMount = works('unshare', '--user', '--map-root-user', '--mount', 'true')
const canLimit = works('prlimit', '--pid', String(process.pid))
const canOpenSh = works('sh', '-c', 'ulimit -n 100')

test.skipIf(!canMount)('a backup that fills the disk is told, and leaves room', async () => {
  const directory = temporaryDirectory()
  const url = join(temporaryDirectory(), 'app.db')
  const database = new PlainDatabase(url)
  database.exec('create table ballast (bytes); insert into ballast values (zeroblob(4000000))')
  database.close()
  const outcome = await resultOf(
    'faults/scripts/backs-up-to-a-full-disk.ts',
    [url, directory],
    onDisk(directory),
  )
  expect(outcome).toEqual({ code: 'SQLITE_FULL', files: [] })
})

describe.each(sampled(POOLS, 2))('with %s', (_, pool, keeps) => {
  describe.each(isQuickRun ? [keeps ? 'wal' : 'delete'] : JOURNAL_MODES)(
    'in journal mode %s',
    (journal_mode) => {
      const pragmas = { journal_mode }

      test.skipIf(!canMount)(
        'a disk that is full loses nothing that was acknowledged, and all goes on once there is room',
        async () => {
          const directory = temporaryDirectory()
          const outcome = await resultOf(
            'faults/scripts/fill.ts',
            [JSON.stringify({ url: join(directory, 'app.db'), ...pool, pragmas }), 'disk'],
            onDisk(directory),
          )
          const full = { name: 'SqliteError', code: 'SQLITE_FULL', message: 'database or disk is full' }
          expect(outcome).toMatchObject({ whileAlone: full, inTransaction: full })
          expectRecovered(outcome)
        },
      )

      test.skipIf(!canLimit)(
        'a file that may not grow loses nothing that was acknowledged, and all goes on once it may',
        async () => {
          const config = { url: join(temporaryDirectory(), 'app.db'), ...pool, pragmas }
          const outcome = await resultOf('faults/scripts/fill.ts', [JSON.stringify(config), 'file size'])
          const failed = { name: 'SqliteError', code: 'SQLITE_IOERR_WRITE', message: 'disk I/O error' }
          expect(outcome).toMatchObject({ whileAlone: failed, inTransaction: failed })
          expectRecovered(outcome)
        },
      )

      describe.skipIf(!canOpenSh)('a process that may open no more files', () => {
        test('is told so by a dialect that was used before, and goes on once it may', async () => {
          const outcome = await withoutFiles({ ...pool, pragmas }, 'used')
          for (const failure of outcome.meanwhile) {
            expect(failure).toMatchObject({ name: 'SqliteError', code: 'SQLITE_CANTOPEN' })
            expect(failure.message).toMatch(/^unable to open database file/)
          }
          expect(outcome).toMatchObject({ checkedOut: 0, waiting: 0 })
          expect(outcome.afterwards).toEqual([[], [{ name: 't' }, { name: 'v' }]])
        })

        test('is told so by a new dialect, whose driver may not be loaded either, and goes on once it may', async () => {
          const outcome = await withoutFiles({ ...pool, pragmas }, 'new')
          for (const failure of outcome.meanwhile) {
            expect(failure).toMatchObject({ code: firstToFail(pool) })
            expect(failure.message).toMatch(/too many open files|EMFILE|unable to open database file/)
          }
          expect(outcome.meanwhile).toHaveLength(2)
          expect(outcome).toMatchObject({ checkedOut: 0, waiting: 0 })
          expect(outcome.afterwards).toEqual([[], [{ name: 'v' }]])
        })
      })

      test('a database that has its most pages is full, and not when rows have gone', async () => {
        const { db, dialect } = await opened(pool, { ...pragmas, max_page_count: 20 })
        const acknowledged: unknown[] = [1]
        let failure: unknown
        for (let x = 2; failure === undefined; x += 1) {
          failure = await run(
            db,
            'insert into t select ? from (select randomblob(0))',
            `${x}`.padEnd(3000),
          ).then(
            () => void acknowledged.push(`${x}`.padEnd(3000)),
            (error: unknown) => error,
          )
        }
        expect(failure).toMatchObject({ name: 'SqliteError', code: 'SQLITE_FULL' })
        expectAllReturned(dialect)
        expect(await content(db)).toEqual(acknowledged.toSorted(asSqliteDoes))
        await run(db, 'delete from t where x <> 1')
        await run(db, 'insert into t values (2)')
        expect(await content(db)).toEqual([1, 2])
      })

      test('a page that is corrupt in the middle fails who reads it, and nobody else', async () => {
        const { url, db, dialect } = await opened(pool, pragmas)
        await run(db, 'create table big (x)')
        await db.transaction().execute(async (trx) => {
          for (let n = 0; n < 40; n += 1) await run(trx, 'insert into big values (randomblob(3000))')
        })
        await run(db, 'pragma wal_checkpoint(truncate)')
        await dialect.pool.dispose()
        const restore = overwrite(url, 4096 * 4, statSync(url).size - 4096 * 5)
        for (const query of ['select sum(length(x)) from big', 'select * from big order by x']) {
          expect(await failureOf(run(db, query))).toMatchObject({
            name: 'SqliteError',
            code: 'SQLITE_CORRUPT',
            message: 'database disk image is malformed',
          })
        }
        const inTransaction = db.transaction().execute(async (trx) => {
          await run(trx, 'insert into t values (2)')
          await run(trx, 'select sum(length(x)) from big')
        })
        expect(await failureOf(inTransaction)).toMatchObject({ code: 'SQLITE_CORRUPT' })
        await run(db, 'insert into t values (3)')
        expect(await content(db)).toEqual([1, 3])
        expectAllReturned(dialect)
        await dialect.pool.dispose()
        restore()
        expect(await run(db, 'select count(*) as n from big')).toEqual([{ n: 40 }])
        expect(await content(db)).toEqual([1, 3])
      })

      test('a header that is corrupt fails every query, until it is mended', async () => {
        const { url, db, dialect } = await opened(pool, pragmas)
        await run(db, 'pragma wal_checkpoint(truncate)')
        await dialect.pool.dispose()
        const restore = overwrite(url, 0, 100)
        for (const query of [
          () => run(db, 'select * from t'),
          () => run(db, 'insert into t values (2)'),
          () => db.transaction().execute((trx) => run(trx, 'insert into t values (2)')),
        ]) {
          expect(await failureOf(query())).toMatchObject({
            name: 'SqliteError',
            code: 'SQLITE_NOTADB',
            message: expect.stringMatching(/^file is not a database\. It is damaged/),
          })
        }
        expectAllReturned(dialect)
        restore()
        await run(db, 'insert into t values (3)')
        expect(await content(db)).toEqual([1, 3])
      })

      test('a file that is deleted between two connections is not created again where it must exist', async () => {
        const { url, db, dialect } = await opened(pool, pragmas)
        const { db: careful, dialect: carefully } = openedAgain(url, pool, { fileMustExist: true })
        expect(await content(careful)).toEqual([1])
        await Promise.all([carefully.pool.dispose(), dialect.pool.dispose()])
        const aside = `${url}-aside`
        renameSync(url, aside)
        const error = await failureOf(run(careful, 'select * from t'))
        expect(error).toMatchObject({ name: 'SqliteError', code: 'SQLITE_CANTOPEN' })
        expect(error.message).toBe(`unable to open database file: ${url} (it does not exist)`)
        expectAllReturned(carefully)
        renameSync(aside, url)
        await run(careful, 'insert into t values (2)')
        expect(await content(db)).toEqual([1, 2])
      })

      test('a file that is replaced is what the next connections open', async () => {
        const { url, db, dialect } = await opened(pool, pragmas)
        await run(db, 'pragma wal_checkpoint(truncate)')
        removeAll(url)
        new PlainDatabase(url).exec("create table t (x); insert into t values ('new')").close()
        await dialect.pool.dispose()
        expect(await content(db)).toEqual(['new'])
        await run(db, "insert into t values ('newer')")
        expect(await content(db)).toEqual(['new', 'newer'])
        expectAllReturned(dialect)
      })

      test('a directory in the place of the file is named, and the file is created once it is gone', async () => {
        const url = join(temporaryDirectory(), 'app.db')
        mkdirSync(url)
        const { db, dialect } = openedAgain(url, pool, {}, pragmas)
        const error = await failureOf(run(db, 'select 1'))
        expect(error).toMatchObject({ name: 'SqliteError' })
        expect(error.code).toMatch(/^SQLITE_CANTOPEN/)
        expect(error.message).toBe(`unable to open database file: ${url} (it is a directory)`)
        expectAllReturned(dialect)
        rmdirSync(url)
        await run(db, 'create table t (x)')
        expect(await content(db)).toEqual([])
      })
    },
  )

  test('a file that is deleted in use takes no more writes from those who have it open', async () => {
    const { url, db, dialect } = await opened(pool)
    rmSync(url)
    const { code } = await failureOf(run(db, 'insert into t values (2)'))
    expect(code).toBe(keeps ? 'SQLITE_READONLY_DBMOVED' : 'SQLITE_ERROR')
    expectAllReturned(dialect)
    await dialect.pool.dispose()
    await run(db, 'create table t (x)')
    await run(db, 'insert into t values (3)')
    expect(await content(db)).toEqual([3])
  })

  describe.skipIf(process.platform === 'win32')('as a user without rights', () => {
    test('a file that is read-only is read and not written, until it is writable', async () => {
      const { url, db, dialect } = await openedByNobody(pool)
      asOwner(() => protect(url, 0o444))
      for (const query of [
        () => run(db, 'insert into t values (2)'),
        () => db.transaction().execute((trx) => run(trx, 'insert into t values (2)')),
      ]) {
        expect(await failureOf(query())).toMatchObject({
          name: 'SqliteError',
          code: 'SQLITE_READONLY',
          message: 'attempt to write a readonly database',
        })
      }
      expect(await content(db)).toEqual([1])
      expectAllReturned(dialect)
      asOwner(() => chmodSync(url, 0o666))
      await dialect.pool.dispose()
      await run(db, 'insert into t values (3)')
      expect(await content(db)).toEqual([1, 3])
    })

    test('a file that is read-only is backed up as a file that is read-only', async () => {
      const { url, directory, dialect } = await openedByNobody(pool)
      asOwner(() => protect(url, 0o444))
      const backup = join(directory, 'backup.db')
      await dialect.backup(backup)
      expect(statSync(backup).mode & 0o777).toBe(0o444)
      const { db } = openedAgain(backup, pool)
      expect(await content(db)).toEqual([1])
      expect(readdirSync(directory).toSorted()).toEqual(['app.db', 'backup.db'])
    })

    test('a file that may not even be read is named, and works once it may', async () => {
      const { url, db, dialect } = await openedByNobody(pool)
      asOwner(() => protect(url, 0))
      const error = await failureOf(run(db, 'select * from t'))
      expect(error).toMatchObject({ name: 'SqliteError', code: 'SQLITE_CANTOPEN' })
      expect(error.message).toBe(`unable to open database file: ${url}`)
      expectAllReturned(dialect)
      asOwner(() => chmodSync(url, 0o666))
      await run(db, 'insert into t values (3)')
      expect(await content(db)).toEqual([1, 3])
    })

    test('in a directory that is read-only the file is read and not written, until it is writable', async () => {
      const { url, directory, db, dialect } = await openedByNobody(pool)
      asOwner(() => protect(directory, 0o555))
      expect(await content(db)).toEqual([1])
      expect(await failureOf(run(db, 'insert into t values (2)'))).toMatchObject({
        name: 'SqliteError',
        code: 'SQLITE_READONLY_DIRECTORY',
        message: 'attempt to write a readonly database',
      })
      expect(await content(db)).toEqual([1])
      expectAllReturned(dialect)
      asOwner(() => chmodSync(directory, 0o777))
      await run(db, 'insert into t values (3)')
      expect(await content(db)).toEqual([1, 3])
      expect(readdirSync(directory)).toEqual([url.slice(directory.length + 1)])
    })

    test('in a directory that is read-only no file is created, until it is writable', async () => {
      const { directory } = await openedByNobody(pool)
      const url = join(directory, 'new.db')
      const { db, dialect } = openedAgain(url, pool)
      asOwner(() => protect(directory, 0o555))
      const error = await failureOf(run(db, 'create table t (x)'))
      expect(error).toMatchObject({ name: 'SqliteError', code: 'SQLITE_CANTOPEN' })
      expect(error.message).toContain(`unable to open database file: ${url}`)
      expectAllReturned(dialect)
      asOwner(() => chmodSync(directory, 0o777))
      await run(db, 'create table t (x)')
      expect(await content(db)).toEqual([])
    })
  })
})

/** What `fill.ts` prints when all is as it should be after the fault. */
function expectRecovered(outcome: { swallowed: { code: string }; written: number }): void {
  expect(outcome).toMatchObject({
    whileFull: { code: 'none' },
    checkedOut: 0,
    waiting: 0,
    afterwards: { code: 'none' },
    partial: 0,
    check: [{ integrity_check: 'ok' }],
    isComplete: true,
  })
  expect(outcome.swallowed.code).toMatch(/^(SQLITE_FULL|SQLITE_IOERR_WRITE|POOLCLASS_TRANSACTION_LOST)$/)
  expect(outcome.written).toBeGreaterThan(5)
}

/** Another dialect on the same file. */
function openedAgain(
  url: string,
  pool: PoolConfig,
  connectArgs: PooledSqliteDialectConfig['connectArgs'] = {},
  pragmas: Record<string, string> = {},
): Omit<Opened, 'url'> {
  const dialect = newDialect({ url, ...pool, connectArgs, pragmas })
  const db = new Kysely<any>({ dialect })
  onTestFinished(() => db.destroy())
  return { db, dialect }
}

/** Numbers come before texts. */
function asSqliteDoes(a: unknown, b: unknown): number {
  if (typeof a === 'number') return -1
  return typeof b === 'number' ? 1 : String(a) < String(b) ? -1 : 1
}

/** Overwrites a part of a file with what makes no sense there; returns how to restore it. */
function overwrite(path: string, start: number, length: number): () => void {
  const before = readFileSync(path).subarray(start, start + length)
  const write = (bytes: Uint8Array): void => {
    const file = openSync(path, 'r+')
    writeSync(file, bytes, 0, bytes.length, start)
    closeSync(file)
  }
  write(Buffer.alloc(length, 0xff))
  return () => write(before)
}

function removeAll(url: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(url + suffix, { force: true })
}

const NOBODY = 65_534

/** A database whose user has only the rights that the files give. No connection is open. */
async function openedByNobody(pool: PoolConfig): Promise<Opened & { readonly directory: string }> {
  const directory = temporaryDirectory()
  chmodSync(directory, 0o777)
  becomeNobody()
  const url = join(directory, 'app.db')
  const database = openedAgain(url, pool)
  await run(database.db, 'create table t (x)')
  await run(database.db, 'insert into t values (1)')
  await database.dialect.pool.dispose()
  return { ...database, url, directory }
}

const isRoot = process.geteuid?.() === 0

/** Permissions do not bind root. */
function becomeNobody(): void {
  if (!isRoot) return
  process.seteuid?.(NOBODY)
  onTestFinished(() => {
    process.seteuid?.(0)
  })
}

function asOwner(act: () => void): void {
  if (!isRoot) return act()
  process.seteuid?.(0)
  try {
    act()
  } finally {
    process.seteuid?.(NOBODY)
  }
}

function protect(path: string, mode: number): void {
  chmodSync(path, mode)
  if (isRoot) chownSync(path, 0, 0)
}
