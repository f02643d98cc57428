import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../support/failure.ts'
import { newDialect, open, threads } from '../support/open.ts'
import { PLACES, PLACES_FOR_MANY } from '../support/places.ts'
import { RawLock } from '../support/raw-lock.ts'
import { skips } from '../support/skips.ts'
import { onEachOf, run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const packageFile = new URL('../../packages/dialect/package.json', import.meta.url)
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string }

test.each(PLACES)('a check of %s tells what is there, and changes nothing', async ({ config, kind }) => {
  const { db, dialect } = open(config())
  await run(db, 'create table t (a)')
  await run(db, 'create table u (id integer primary key autoincrement)')
  const found = await dialect.check()
  expect(found).toEqual({
    database: expect.stringMatching(/^(:memory:|app\.db|places-.*)$/),
    journalMode: kind === 'file' ? 'wal' : 'memory',
    versions: {
      sqlite: expect.stringMatching(/^3\.\d+\.\d+$/),
      driver: expect.stringMatching(/^(better-sqlite3(-multiple-ciphers)?|node:sqlite) \d+\.\d+\.\d+/),
      dialect: version,
    },
    tables: 2,
    size: {
      bytes: found.size!.pageSize * found.size!.pages,
      pageSize: expect.any(Number),
      pages: expect.any(Number),
      freePages: 0,
    },
    ...(kind === 'file' && { wal: { bytes: found.wal!.bytes, limit: 64 * 2 ** 20 } }),
    locks: { writer: 'nobody', waiting: 0 },
    latency: { connection: expect.any(Number), query: expect.any(Number) },
    pool: expect.objectContaining({ checkedOut: 1 }),
  })
  expect(found.size!.pages).toBeGreaterThanOrEqual(3)
  expect(JSON.parse(JSON.stringify(found))).toEqual(found)
  expect(dialect.pool.status().checkedOut).toBe(0)
  await run(db, 'insert into t values (1)')
})

// In shared memory a check waits for the writer, as any read does.
test.each(PLACES_FOR_MANY.filter(({ single, kind }) => !single && kind === 'file'))(
  'a check of %s tells of the writer of this thread and of those who wait for it',
  async ({ config }) => {
    const { db, dialect } = open(config())
    await run(db, 'create table t (a)')
    const transaction = await db.startTransaction().execute()
    const waiting = [1, 2].map((a) => run(db, 'insert into t values (?)', a))
    await expect
      .poll(async () => (await dialect.check()).locks)
      .toEqual({ writer: 'this thread', waiting: 2 })
    await transaction.rollback().execute()
    await Promise.all(waiting)
    expect((await dialect.check()).locks).toEqual({ writer: 'nobody', waiting: 0 })
  },
)

test('a check tells of a writer elsewhere, and of a file that nobody may write to says nothing of locks', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const { db, dialect } = open(url)
  await run(db, 'create table t (a)')
  const lock = new RawLock(url)
  expect((await dialect.check()).locks).toEqual({ writer: 'another', waiting: 0 })
  lock.release()
  const readonly = await open(`file:${url}?mode=ro`).dialect.check()
  expect(readonly).toMatchObject({ tables: 1, journalMode: 'delete' })
  expect(readonly).not.toHaveProperty('locks')
  expect(readonly).not.toHaveProperty('wal')
})

describe.each([...new Set([threads, 1, 2])])('with %i threads', (count) => {
  test.each([
    ['deferred', 0],
    ['deferred', 5000],
    ['immediate', 0],
    ['immediate', 5000],
  ] as const)(
    'checks never fail the %s transactions and the writes of this thread, with a busy timeout of %i ms',
    async (transactionMode, timeout) => {
      const { db, dialect } = open({
        url: join(temporaryDirectory(), 'app.db'),
        poolclass: 'QueuePool',
        threads: count,
        transactionMode,
        connectArgs: { timeout },
        pragmas: { journal_mode: 'wal', synchronous: 'off' },
      })
      await run(db, 'create table t (a)')
      const seen = new Set<string>()
      const over = new AbortController()
      const checkAgainAndAgain = async (): Promise<void> => {
        // oxlint-disable no-await-in-loop -- one check after the other
        while (!over.signal.aborted) {
          await setTimeout(1)
          const [first, second] = await Promise.all([dialect.check(), dialect.check()])
          seen.add(first.locks!.writer).add(second.locks!.writer)
        }
        // oxlint-enable no-await-in-loop
      }
      const checking = checkAgainAndAgain()
      const write = async (): Promise<void> => {
        await db.transaction().execute(async (trx) => {
          await run(trx, 'select a from t limit 1')
          await setTimeout(Math.random() * 2)
          await run(trx, 'insert into t values (1)')
        })
        await run(db, 'insert into t values (1)')
      }
      try {
        // oxlint-disable-next-line no-await-in-loop -- nobody but the checks is in its way
        for (let i = 0; i < 60; i += 1) await write()
      } finally {
        over.abort()
        await checking
      }
      expect(await run(db, 'select count(*) as n from t')).toEqual([{ n: 120 }])
      expect((await dialect.check()).locks).toEqual({ writer: 'nobody', waiting: 0 })
      expect([...seen]).not.toContain('another')
    },
  )
})

test('a check before any query opens the database, and db.destroy() closes it', async () => {
  const { db, dialect } = open(join(temporaryDirectory(), 'app.db'))
  expect(await dialect.check()).toMatchObject({ tables: 0, size: { pages: 0 } })
  await run(db, 'select 1')
  await db.destroy()
  expect(await failureOf(dialect.check())).toMatchObject({ code: 'POOLCLASS_DESTROYED' })
})

test('a check fails with the error that a query would have', async () => {
  const directory = temporaryDirectory()
  const missing = newDialect(`file:${join(directory, 'missing.db')}?mode=rw`)
  expect(await failureOf(missing.check())).toMatchObject({ code: 'SQLITE_CANTOPEN' })
  const text = join(directory, 'text.db')
  writeFileSync(text, 'no database at all, but long enough to look at it'.repeat(100))
  expect(await failureOf(newDialect(text).check())).toMatchObject({ code: 'SQLITE_NOTADB' })
  const whole = join(directory, 'whole.db')
  const { db } = open(whole)
  await run(db, 'create table t (a)')
  await db.destroy()
  const broken = join(directory, 'broken.db')
  copyFileSync(whole, broken)
  const bytes = readFileSync(broken)
  bytes.fill(0xff, 100, 200)
  writeFileSync(broken, bytes)
  expect(await failureOf(newDialect(broken).check())).toMatchObject({ code: 'SQLITE_CORRUPT' })
})

test('a check waits for a connection as a query does, and its signal ends the wait', async () => {
  const { db, dialect } = open({ url: ':memory:', poolTimeout: 50 })
  await db.connection().execute(async (connection) => {
    await run(connection, 'select 1')
    expect(await failureOf(dialect.check())).toMatchObject({ code: 'POOL_TIMEOUT' })
    const reason = new Error('the health endpoint gave up')
    const controller = new AbortController()
    const checking = dialect.check({ signal: controller.signal })
    controller.abort(reason)
    expect(await failureOf(checking)).toBe(reason)
    expect(await failureOf(dialect.check({ signal: controller.signal }))).toBe(reason)
  })
  expect(await dialect.check()).toMatchObject({ pool: { checkedOut: 1, waiting: 0 } })
})

test.skipIf(skips.inCallingThread)(
  'a check whose thread is at something long gives up when its signal fires',
  async () => {
    const url = join(temporaryDirectory(), 'app.db')
    const { db, dialect } = open({ url, poolclass: 'QueuePool', threads: 1 })
    await onEachOf(db, 2, 'select 1')
    const long = run(
      db,
      'with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000000) select count(*) as n from n',
    )
    const reason = new Error('the health endpoint gave up')
    const controller = new AbortController()
    const checking = dialect.check({ signal: controller.signal })
    controller.abort(reason)
    expect(await failureOf(checking)).toBe(reason)
    await long
    expect(await dialect.check()).toMatchObject({ tables: 0, pool: { checkedOut: 1 } })
  },
)

test('db.destroy() ends a check that waits, and leaves no connection open', async () => {
  const { db, dialect } = open({
    url: join(temporaryDirectory(), 'app.db'),
    poolclass: 'QueuePool',
    poolSize: 1,
    maxOverflow: 0,
  })
  const transaction = await db.startTransaction().execute()
  const checking = failureOf(dialect.check())
  await db.destroy()
  expect(await checking).toMatchObject({ code: 'POOLCLASS_DESTROYED' })
  await transaction.rollback().execute()
  await expect.poll(() => dialect.pool.status()).toMatchObject({ idle: 0, checkedOut: 0 })
})
