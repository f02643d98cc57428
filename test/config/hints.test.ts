import { CompiledQuery } from 'kysely'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { PlainDatabase } from '../support/plain-database.ts'
import { failureOf } from '../support/failure.ts'
import { run } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const hintUrl = 'file:app?mode=memory&cache=shared'

describe('no such table', () => {
  test.each(['SingletonThreadPool', 'StaticPool', 'AssertionPool'] as const)(
    'on an empty private memory database of %s names the URL that threads share',
    async (poolclass) => {
      const { db } = open({ url: ':memory:', poolclass })
      const error = await failureOf(run(db, 'select * from users'))
      expect(error.name).toBe('SqliteError')
      expect(error.code).toBe('SQLITE_ERROR')
      expect(error.message).toMatch(/^no such table: users\b/)
      expect(error.message).toContain(hintUrl)
      expect(error.message).toMatch(/private to this .*thread/)
      expect(error.stack).toContain(error.message)
    },
  )

  test.each(['insert into users values (1)', 'drop table users', 'update main.users set x = 1'])(
    'has the hint for %s too',
    async (sql) => {
      const { db } = open(':memory:')
      const { message } = await failureOf(run(db, sql))
      expect(message).toMatch(/^no such table: (main\.)?users\b/)
      expect(message).toContain(hintUrl)
    },
  )

  test('has the hint in a transaction, in db.connection() and in a stream', async () => {
    const { db } = open(':memory:')
    const query = db.selectFrom('users').selectAll()
    const stream = async (): Promise<void> => {
      for await (const row of query.stream()) expect(row).toBeUndefined()
    }
    const errors = [
      await failureOf(db.transaction().execute((trx) => run(trx, 'select * from users'))),
      await failureOf(db.connection().execute((connection) => run(connection, 'select * from users'))),
      await failureOf(stream()),
    ]
    for (const { message } of errors) {
      expect(message).toMatch(/^no such table: users\b/)
      expect(message.split(hintUrl)).toHaveLength(2)
    }
  })

  test('has the hint with bigints as integers too', async () => {
    const { db } = open({ url: ':memory:', connectArgs: { safeIntegers: true } })
    expect((await failureOf(run(db, 'select * from users'))).message).toContain(hintUrl)
  })

  test('has no hint once there are tables', async () => {
    const { db } = open(':memory:')
    await run(db, 'create table other (x)')
    expect(await failureOf(run(db, 'select * from users'))).toMatchObject({ message: 'no such table: users' })
  })

  test('has no hint on an empty file or an empty shared memory database', async () => {
    for (const url of [
      join(temporaryDirectory(), 'app.db'),
      `file:${randomUUID()}?mode=memory&cache=shared`,
    ]) {
      const { db } = open(url)
      // oxlint-disable-next-line no-await-in-loop -- one database after the other
      expect(await failureOf(run(db, 'select * from users'))).toMatchObject({
        message: 'no such table: users',
      })
    }
  })

  test('a URL taken from the hint works as it stands', async () => {
    const { db } = open(hintUrl)
    await run(db, 'create table users (x)')
    const { db: other } = open(hintUrl)
    expect(await run(other, 'select * from users')).toEqual([])
  })
})

test.each(['commit', 'rollback'])(
  '%s through `db` without a transaction tells of db.transaction()',
  async (sql) => {
    const { db } = open(join(temporaryDirectory(), 'app.db'))
    await run(db, 'begin')
    const error = await failureOf(run(db, sql))
    expect(error.name).toBe('SqliteError')
    expect(error.message).toMatch(
      new RegExp(`^cannot ${sql} - no transaction is active\\b.*db\\.transaction\\(\\)`),
    )
    expect(error.stack).toContain('db.transaction()')
  },
)

test.each([true, { a: 1 }, new Date(0), Symbol('x'), () => {}])(
  'binding %o, which SQLite cannot store, tells what to do',
  async (value) => {
    const { db } = open(':memory:')
    const error = await failureOf(run(db, 'select ?', value))
    expect(error.message).toMatch(
      /^SQLite3 can only bind numbers, strings, bigints, buffers, and null. Convert /,
    )
  },
)

test('a transaction that read before others wrote, and may write no more, tells of transactionMode', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const { db } = open({ url, transactionMode: 'deferred', pragmas: { journal_mode: 'wal' } })
  await run(db, 'create table t (x)')
  const { db: other } = open(url)
  const error = await db.transaction().execute(async (trx) => {
    await run(trx, 'select * from t')
    await run(other, 'insert into t values (1)')
    return failureOf(run(trx, 'insert into t values (2)'))
  })
  expect(error).toMatchObject({ name: 'SqliteError', code: 'SQLITE_BUSY_SNAPSHOT' })
  expect(error.message).toMatch(/^database is locked\b.*began with a read.*transactionMode/)
})

test("an ORM recognises errors by SQLite's text in front, by name and by code", async () => {
  const { db } = open(join(temporaryDirectory(), 'app.db'))
  await run(
    db,
    'create table p (id integer primary key, email text unique, age integer not null check (age > 0))',
  )
  await run(db, 'create table c (p integer references p (id))')
  await run(db, "insert into p values (1, 'a@example.org', 5)")
  const cases = [
    [
      "insert into p values (2, 'a@example.org', 5)",
      'UNIQUE constraint failed: p.email',
      'SQLITE_CONSTRAINT_UNIQUE',
    ],
    ["insert into p values (1, 'b', 5)", 'UNIQUE constraint failed: p.id', 'SQLITE_CONSTRAINT_PRIMARYKEY'],
    [
      'insert into p values (3, null, null)',
      'NOT NULL constraint failed: p.age',
      'SQLITE_CONSTRAINT_NOTNULL',
    ],
    ['insert into p values (3, null, 0)', 'CHECK constraint failed: age > 0', 'SQLITE_CONSTRAINT_CHECK'],
    ['insert into c values (77)', 'FOREIGN KEY constraint failed', 'SQLITE_CONSTRAINT_FOREIGNKEY'],
  ] as const
  for (const [sql, message, code] of cases) {
    // oxlint-disable-next-line no-await-in-loop -- one statement after the other
    const error = await failureOf(run(db, sql))
    expect(error.name).toBe('SqliteError')
    expect(error).toMatchObject({ name: 'SqliteError', message, code })
  }
})

test('no error shows the value of a bound parameter', async () => {
  const url = join(temporaryDirectory(), 'app.db')
  const secret = 'hunter2-5f3a'
  const { db } = open({ url, connectArgs: { timeout: 20 } })
  await run(db, 'create table t (x text unique check (length(x) > 3))')
  await run(db, 'insert into t values (?)', secret)
  const locker = new PlainDatabase(url)
  const errors = [
    await failureOf(run(db, 'insert into t values (?)', secret)),
    await failureOf(run(db, 'insert into t values (?, ?)', secret, secret)),
    await failureOf(run(db, 'insert into t values (?)', secret, secret)),
    await failureOf(run(db, 'insert into t values (?)', { secret })),
    await failureOf(run(db, 'insert into nowhere values (?)', secret)),
    await failureOf(db.transaction().execute((trx) => run(trx, 'insert into t values (?)', secret))),
    await failureOf(
      db.transaction().execute(async (trx) => {
        await run(trx, 'insert or rollback into t values (?)', secret).catch(() => {})
      }),
    ),
  ]
  locker.exec('begin exclusive')
  errors.push(await failureOf(run(db, 'insert into t values (?)', `${secret}2`)))
  locker.close()
  for (const error of errors) expect(`${error.message}\n${error.stack}`).not.toContain(secret)
})

test('an error keeps the stack of its caller, the log of Kysely sees it once', async () => {
  const seen: unknown[] = []
  const { db } = open(':memory:', {
    log: (event) => {
      if (event.level === 'error') seen.push(event.error)
    },
  })
  const error = await failureOf(db.executeQuery(CompiledQuery.raw('select * from users')))
  expect(seen).toEqual([error])
})
