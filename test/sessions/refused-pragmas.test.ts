// oxlint-disable no-await-in-loop -- one statement comes after the other
import { CompiledQuery } from 'kysely'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { PLACES } from '../support/places.ts'
import { openPlain } from '../support/open-plain.ts'
import { failureOf } from '../support/failure.ts'
import { onEachOf, outcomeOf, run, times } from '../support/statements.ts'
import { stopwatch } from '../support/stopwatch.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** What SQLite refuses after it has carried it out: each sets `foreign_keys` when it is prepared. */
const refused: readonly string[] = [
  'pragma foreign_keys = off; pragma x',
  'pragma foreign_keys = off; select 1',
  'pragma foreign_keys = off, y = on',
  'pragma foreign_keys(off) y',
  'PRAGMA main . "foreign_keys"=off x',
  "pragma'foreign_keys'=off x",
  'pragma [foreign_keys] = 0 = 0',
  'explain pragma foreign_keys = off; pragma x',
  'explain query plan pragma foreign_keys = off, y = on',
  '\uFEFFpragma foreign_keys = off; pragma x',
]

describe.each(PLACES)('%s', ({ config, single }) => {
  const held = single ? 1 : 3

  test.each(refused)('%j is refused and changes nothing on any connection', async (sql) => {
    const { db } = open(config())
    await onEachOf(db, held, 'select 1')
    await failureOf(run(db, sql))
    expect(await onEachOf(db, held, 'pragma foreign_keys')).toEqual(times(held, [{ foreign_keys: 1 }]))
  })

  test('a pragma with a parameter, which it cannot have, is refused and changes nothing', async () => {
    const { db } = open(config())
    await onEachOf(db, held, 'select 1')
    await failureOf(run(db, 'pragma foreign_keys = off', 1))
    expect(await onEachOf(db, held, 'pragma foreign_keys')).toEqual(times(held, [{ foreign_keys: 1 }]))
  })

  test('a refused pragma changes nothing inside a session either', async () => {
    const { db } = open(config())
    await db.connection().execute(async (connection) => {
      await run(connection, 'pragma cache_size = 77')
      await failureOf(run(connection, 'pragma cache_size = 99; pragma x'))
      expect(await run(connection, 'pragma cache_size')).toEqual([{ cache_size: 77 }])
    })
  })

  test.each([
    'pragma busy_timeout = 2000; pragma x',
    'pragma busy_timeout = 2000, y = on',
    'pragma busy_timeout; pragma x',
    'pragma busy_timeout = 2000 x',
  ])('%j is refused and leaves the busy timeout as it was', async (sql) => {
    const { db } = open(config())
    await failureOf(run(db, sql))
    expect(await onEachOf(db, held, 'pragma busy_timeout')).toEqual(times(held, [{ timeout: 5000 }]))
  })
})

test.each([
  'pragma busy_timeout = 2000; pragma x',
  'pragma busy_timeout = 2000, y = on',
  'explain pragma busy_timeout = 2000',
  '\uFEFFpragma busy_timeout = 2000',
])('after %j the event loop turns while a lock is waited for', async (sql) => {
  const url = join(temporaryDirectory(), 'app.db')
  const other = openPlain(url)
  other.exec('create table t (x)')
  const { db } = open({ url, poolclass: 'StaticPool' })
  await outcomeOf(db, sql)
  other.exec('begin exclusive')
  setTimeout(() => other.exec('commit'), 60)
  const taken = stopwatch()
  await run(db, 'insert into t values (1)')
  expect(taken()).toBeLessThan(1500)
})

test.each(['NullPool', 'QueuePool'] as const)(
  'a pragma of a %s that is refused for a lock, when half of it is done, changes nothing',
  async (poolclass) => {
    const url = join(temporaryDirectory(), 'app.db')
    const other = openPlain(url)
    const { db } = open({ url, poolclass })
    await run(db, 'pragma busy_timeout = 0')
    other.exec('begin immediate')
    expect(await outcomeOf(db, 'pragma auto_vacuum = full')).toEqual({ code: 'SQLITE_BUSY' })
    other.exec('rollback')
    await run(db, 'create table t (x)')
    expect(await run(db, 'pragma auto_vacuum')).toEqual([{ auto_vacuum: 0 }])
  },
)

test('a pragma that SQLite refuses in onCreateConnection fails the query, and the next connection is not affected', async () => {
  let sql = 'pragma foreign_keys = off; pragma x'
  const { db, dialect } = open({
    url: ':memory:',
    onCreateConnection: async (connection) => {
      await connection.executeQuery(CompiledQuery.raw(sql))
    },
  })
  await failureOf(run(db, 'select 1'))
  sql = 'pragma recursive_triggers = on'
  expect(await run(db, 'pragma recursive_triggers')).toEqual([{ recursive_triggers: 1 }])
  expect(dialect.pool.status()).toMatchObject({ opened: 1, checkedOut: 0 })
})

test('the error of a refused pragma is what SQLite says of the statement', async () => {
  const { db } = open(':memory:')
  const error = await failureOf(run(db, 'pragma foreign_keys = off, y = on'))
  expect(error).toMatchObject({ name: 'SqliteError', code: 'SQLITE_ERROR' })
  expect(error.message).toContain('near ",": syntax error')
  expect((await failureOf(run(db, 'pragma never.foreign_keys = off'))).message).toContain(
    'unknown database never',
  )
})
