// oxlint-disable no-await-in-loop -- the statements of a script come one after the other
import { StaticPool } from '@poolclass/dialect'
import { CompiledQuery, Kysely } from 'kysely'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  everywhere,
  nameOf,
  perform,
  poolClasses,
  several,
  single,
  urlOf,
} from '../support/as-one-connection.ts'
import { newDialect, open } from '../support/open.ts'
import { openPlain } from '../support/open-plain.ts'
import { failureOf } from '../support/failure.ts'
import { onEachOf, type Outcome, outcomeOf, plainOutcomeOf, run, times } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Sends one statement as a stream, in chunks of one row. */
async function streamed(db: Kysely<any>, sql: string): Promise<unknown[]> {
  const rows: unknown[] = []
  for await (const chunk of db.getExecutor().stream(CompiledQuery.raw(sql), 1)) rows.push(...chunk.rows)
  return rows
}

const rebuild = [
  'create table parent (id integer primary key, name text)',
  'create table child (id integer primary key, parent_id integer not null references parent (id) on delete cascade)',
  "insert into parent values (1, 'a'), (2, 'b')",
  'insert into child values (1, 1), (2, 2), (3, 1)',
  'pragma foreign_keys = off',
  'create table new_parent (id integer primary key, name text not null, extra integer default 0)',
  'insert into new_parent (id, name) select id, name from parent where id = 1',
  'drop table parent',
  'alter table new_parent rename to parent',
  'insert into child values (4, 99)',
  'select * from child order by id',
  'pragma foreign_key_check',
  'delete from child where parent_id not in (select id from parent)',
  'pragma foreign_keys = on',
  'pragma foreign_keys',
  'insert into child values (5, 99)',
  'delete from parent where id = 1',
  'select count(*) as orphans from child',
]

const otherPragmas = [
  'pragma foreign_keys',
  'PRAGMA Foreign_Keys(0)',
  'pragma foreign_keys',
  '-- a comment\n /* and another */ pragma recursive_triggers = on',
  'pragma recursive_triggers',
  'pragma main.cache_size = 5',
  'pragma cache_size',
  'pragma cache_size = -77;',
  'pragma main.cache_size',
  'pragma case_sensitive_like = on',
  "select 'A' like 'a' as equal",
  'pragma case_sensitive_like = off',
  "select 'A' like 'a' as equal",
  'pragma [main].synchronous = off',
  'pragma synchronous',
  'pragma query_only = 1',
  'create table never (x)',
  'pragma query_only = 0',
  'create table ever (x)',
  'pragma foreign_keys = nonsense',
  'pragma foreign_keys',
  'pragma cache_size(100)',
  'PRAGMA "MAIN"."Cache_Size"',
  'pragma temp.cache_size = 50',
  'pragma temp.cache_size',
  'pragma temp.synchronous',
  'pragma nonsense = 1',
  'pragma nowhere.cache_size = 1',
  'pragma cache_size = ',
  'pragma table_info(ever)',
]

describe.each(everywhere)('$poolclass on a $place', ({ place, poolclass, held }) => {
  test('the recipe for rebuilding a table gives what it gives on one plain connection', async () => {
    const plain = openPlain()
    const { db } = open({ url: urlOf(place), poolclass })
    expect(await perform(db, rebuild, held)).toEqual(rebuild.map((sql) => plainOutcomeOf(plain, sql)))
  })

  test('pragmas set and read as separate statements give what they give on one plain connection', async () => {
    const plain = openPlain()
    const { db } = open({ url: urlOf(place), poolclass })
    const outcomes = await perform(db, otherPragmas, held)
    const expected = otherPragmas.map((sql) => plainOutcomeOf(plain, sql))
    const told = (all: Outcome[]): unknown[] => otherPragmas.map((sql, index) => [sql, all[index]])
    expect(told(outcomes)).toEqual(told(expected))
  })

  test('a database attached and detached by separate statements is there, and gone, everywhere', async () => {
    const directory = temporaryDirectory()
    const script = (name: string): string[] => [
      `attach '${nameOf(place, join(directory, name))}' as aux`,
      'create table aux.t (x)',
      'insert into aux.t values (1)',
      'create table main_t (x)',
      'insert into main_t select x + 1 from aux.t',
      'pragma aux.cache_size = 7',
      'pragma aux.cache_size',
      'select * from main_t, aux.t',
      `attach database '${nameOf(place, join(directory, `${name}-2`))}' as "odd ""name"`,
      'create table "odd ""name".u as select 5 as five',
      'select five from u',
      'detach "odd ""name"',
      'select five from u',
      'detach aux',
      'select * from aux.t',
      'detach aux',
      `attach '${nameOf(place, join(directory, `${name}-2`))}' as AUX`,
      'select five from aux.u',
      'pragma aux.cache_size',
      'detach database Aux',
      'select name from pragma_database_list',
    ]
    const plain = openPlain()
    const { db } = open({ url: urlOf(place), poolclass })
    const statements = script('pool.db')
    const outcomes = await perform(db, statements, held)
    const expected = script('plain.db').map((sql) => plainOutcomeOf(plain, sql))
    expect(statements.map((sql, index) => [sql, outcomes[index]])).toEqual(
      statements.map((sql, index) => [sql, expected[index]]),
    )
  })

  test('a setting is read alike on connections that are open at the same time', async () => {
    const { db } = open({ url: urlOf(place), poolclass })
    await onEachOf(db, held, 'select 1')
    await run(db, 'pragma cache_size = 123')
    expect(await onEachOf(db, held, 'pragma cache_size')).toEqual(times(held, [{ cache_size: 123 }]))
  })

  test('a pragma that is sent as a stream sets what it sets on every connection, and streams what it reads', async () => {
    const { db, dialect } = open({ url: urlOf(place), poolclass })
    await onEachOf(db, held, 'select 1')
    await run(db, 'create table t (x, y, z)')
    expect(await streamed(db, 'pragma foreign_keys')).toEqual([{ foreign_keys: 1 }])
    await streamed(db, 'pragma foreign_keys = off').catch(() => {})
    expect(await onEachOf(db, held, 'pragma foreign_keys')).toEqual(times(held, [{ foreign_keys: 0 }]))
    expect(await streamed(db, 'pragma foreign_keys')).toEqual([{ foreign_keys: 0 }])
    const columns = await streamed(db, 'pragma table_info(t)')
    expect(columns.map((column) => (column as { name: string }).name)).toEqual(['x', 'y', 'z'])
    expect(dialect.pool.status()).toMatchObject({ checkedOut: 0 })
  })

  test('a busy timeout that is sent as a stream is the one of the driver, on every connection', async () => {
    const { db } = open({ url: urlOf(place), poolclass })
    expect(await streamed(db, 'pragma busy_timeout = 1234')).toEqual([{ timeout: 1234 }])
    expect(await onEachOf(db, held, 'pragma busy_timeout')).toEqual(times(held, [{ timeout: 1234 }]))
  })

  test('an attachment that is sent as a stream is there everywhere', async () => {
    const { db } = open({ url: urlOf(place), poolclass })
    await onEachOf(db, held, 'select 1')
    await streamed(db, `attach '${nameOf(place, join(temporaryDirectory(), 'aux.db'))}' as aux`).catch(
      () => {},
    )
    await run(db, 'create table aux.t as select 42 as x')
    expect(await onEachOf(db, held, 'select x from aux.t')).toEqual(times(held, [{ x: 42 }]))
  })

  test('an attachment whose file name is a bound parameter is there everywhere', async () => {
    const { db } = open({ url: urlOf(place), poolclass })
    await onEachOf(db, held, 'select 1')
    await run(db, 'attach ? as aux', nameOf(place, join(temporaryDirectory(), "it's.db")))
    await run(db, 'create table aux.t as select 42 as x')
    expect(await onEachOf(db, held, 'select x from aux.t')).toEqual(times(held, [{ x: 42 }]))
  })

  test('a memdb attached by its URI is one and the same on all connections', async () => {
    const { db } = open({ url: urlOf(place), poolclass })
    await onEachOf(db, held, 'select 1')
    await run(db, `attach 'file:/${randomUUID()}?vfs=memdb' as aux`)
    // A NullPool keeps no connection that could keep the memdb.
    if (poolclass === 'NullPool') return
    await run(db, 'create table aux.t as select 42 as x')
    expect(await onEachOf(db, held, 'select x from aux.t')).toEqual(times(held, [{ x: 42 }]))
  })

  test('a temporary table lives on one connection throughout db.connection()', async () => {
    const { db } = open({ url: urlOf(place), poolclass })
    await run(db, 'create table t (id integer primary key)')
    const rows = await db.connection().execute(async (connection) => {
      await run(connection, 'create temp table scratch (x)')
      await run(connection, 'insert into scratch values (7)')
      await run(connection, 'insert into t values (41)')
      if (held > 1) await onEachOf(db, held, 'select 1')
      return run(connection, 'select x, last_insert_rowid() as id from scratch')
    })
    expect(rows).toEqual([{ x: 7, id: 41 }])
  })
})

describe.each(several)('$poolclass on a $place, a pool of several', ({ place, poolclass, held }) => {
  test('a setting made inside db.connection() stays there, and the connection is closed afterwards', async () => {
    const { db, dialect } = open({ url: urlOf(place), poolclass })
    await onEachOf(db, held, 'select 1')
    const { opened, closed } = dialect.pool.status()
    await db.connection().execute(async (connection) => {
      await run(connection, 'pragma foreign_keys = off')
      expect(await run(connection, 'pragma foreign_keys')).toEqual([{ foreign_keys: 0 }])
      expect(await run(db, 'pragma foreign_keys')).toEqual([{ foreign_keys: 1 }])
    })
    const after = dialect.pool.status()
    expect(after.closed - closed - (poolclass === 'NullPool' ? after.opened - opened - 1 : 0)).toBe(1)
    expect(await onEachOf(db, held, 'pragma foreign_keys')).toEqual(times(held, [{ foreign_keys: 1 }]))
  })

  test('a setting that is sent as a stream inside db.connection() stays there', async () => {
    const { db } = open({ url: urlOf(place), poolclass })
    await onEachOf(db, held, 'select 1')
    await db.connection().execute(async (connection) => {
      await run(connection, 'select 1')
      await streamed(connection, 'pragma foreign_keys = off').catch(() => {})
      expect(await run(connection, 'pragma foreign_keys')).toEqual([{ foreign_keys: 0 }])
    })
    expect(await onEachOf(db, held, 'pragma foreign_keys')).toEqual(times(held, [{ foreign_keys: 1 }]))
  })

  test('a setting made inside a transaction stays there', async () => {
    const { db } = open({ url: urlOf(place), poolclass })
    await onEachOf(db, held, 'select 1')
    await db.transaction().execute(async (trx) => {
      await run(trx, 'pragma recursive_triggers = on')
      expect(await run(trx, 'pragma recursive_triggers')).toEqual([{ recursive_triggers: 1 }])
    })
    const expected = times(held, [{ recursive_triggers: 0 }])
    expect(await onEachOf(db, held, 'pragma recursive_triggers')).toEqual(expected)
  })

  test.each([':memory:', '', 'file::memory:', 'file:x?mode=memory'])(
    'attaching %j, which no other connection could see, is an error that leaves nothing attached',
    async (name) => {
      const { db } = open({ url: urlOf(place), poolclass })
      const error = await failureOf(run(db, 'attach ? as aux', name))
      expect(error).toMatchObject({ code: 'POOLCLASS_PRIVATE_ATTACHMENT' })
      expect(error.message).toMatch(/aux.*file:\/aux\?vfs=memdb/)
      expect(await onEachOf(db, held, 'select name from pragma_database_list')).toEqual(
        times(held, [{ name: 'main' }]),
      )
      expect(await outcomeOf(db, 'create table aux.t (x)')).toEqual({ code: 'SQLITE_ERROR' })
    },
  )

  test('a private memory database can be attached inside db.connection(), as the error message advises', async () => {
    const { db } = open({ url: urlOf(place), poolclass })
    const rows = await db.connection().execute(async (connection) => {
      await run(connection, 'select 1')
      await run(connection, "attach ':memory:' as aux")
      await run(connection, 'create table aux.t as select 1 as x')
      return run(connection, 'select x from aux.t')
    })
    expect(rows).toEqual([{ x: 1 }])
    expect(await onEachOf(db, held, 'select name from pragma_database_list')).toEqual(
      times(held, [{ name: 'main' }]),
    )
  })
})

describe.each(single)('$poolclass on a $place, a pool of one', ({ place, poolclass }) => {
  test('a setting made inside db.connection() is kept, as by a plain connection', async () => {
    const { db, dialect } = open({ url: urlOf(place), poolclass })
    await db.connection().execute(async (connection) => {
      await run(connection, 'select 1')
      await run(connection, 'pragma foreign_keys = off')
    })
    expect(await run(db, 'pragma foreign_keys')).toEqual([{ foreign_keys: 0 }])
    expect(dialect.pool.status()).toMatchObject({ opened: 1, closed: 0 })
  })

  test('a private memory database can be attached', async () => {
    const { db } = open({ url: urlOf(place), poolclass })
    await run(db, "attach ':memory:' as aux")
    await run(db, 'create table aux.t as select 1 as x')
    expect(await run(db, 'select x from aux.t')).toEqual([{ x: 1 }])
  })

  test('a connection that is reopened after its invalidation gets the settings again', async () => {
    const { db, dialect } = open({ url: urlOf(place), poolclass })
    await run(db, 'pragma foreign_keys = off')
    await run(db, 'attach ? as aux', nameOf(place, join(temporaryDirectory(), 'aux.db')))
    await run(db, 'pragma aux.cache_size = 9')
    const checkout = await dialect.pool.connect()
    await checkout.invalidate()
    await checkout.close()
    expect(await run(db, 'pragma foreign_keys')).toEqual([{ foreign_keys: 0 }])
    expect(await run(db, 'pragma aux.cache_size')).toEqual([{ cache_size: 9 }])
    expect(dialect.pool.status().opened).toBe(2)
  })
})

test.each([
  'PRAGMA  RECURSIVE_TRIGGERS\n=\n1',
  ';; pragma recursive_triggers = 1;',
  'pragma main.recursive_triggers = yes',
  'pragma "main" . recursive_triggers (true)',
  "pragma 'main'.recursive_triggers = 1",
  'pragma "recursive_triggers" = on',
  "pragma 'recursive_triggers' = on",
  'pragma [recursive_triggers] = on',
  'pragma/**/recursive_triggers/**/=/**/1',
  'pragma -- a comment\n recursive_triggers = 1',
  '/* no pragma busy_timeout = 5 here */ pragma recursive_triggers = 1',
  '-- pragma cache_size = 1\npragma recursive_triggers = 1',
  '/* the pragma cache_size = 1 is another one */ pragma recursive_triggers = 1',
  '\uFEFFpragma recursive_triggers = 1',
  ' \f\uFEFF pragma \uFEFF"recursive_triggers" = 1',
  'explain pragma recursive_triggers = 1',
  '/**/ EXPLAIN Query\tPlan -- it is\n pragma recursive_triggers = 1',
])('%j reaches every connection, as SQLite accepts the spelling', async (sql) => {
  const { db } = open({ url: urlOf('file'), poolclass: 'QueuePool' })
  await onEachOf(db, 3, 'select 1')
  await run(db, sql)
  expect(await onEachOf(db, 4, 'pragma recursive_triggers')).toEqual(times(4, [{ recursive_triggers: 1 }]))
})

test.each(everywhere.filter(({ place }) => place === 'shared memory'))(
  'a file attached to a $place with $poolclass by its path alone, which SQLite would open in memory, is refused with the cure',
  async ({ place, poolclass }) => {
    const file = join(temporaryDirectory(), 'aux.db')
    const { db } = open({ url: urlOf(place), poolclass })
    const error = await failureOf(run(db, 'attach ? as aux', file))
    expect(error).toMatchObject({ code: 'POOLCLASS_ATTACHMENT_IN_MEMORY' })
    expect(error.message).toContain('?vfs=unix')
    expect(await run(db, "select * from pragma_database_list where name = 'aux'")).toEqual([])
    await run(db, 'attach ? as aux', nameOf(place, file))
    await run(db, 'create table aux.t as select 1 as x')
    expect(existsSync(file)).toBe(true)
  },
)

test('a private memory database takes settings and attachments as a plain connection does', async () => {
  const plain = openPlain(':memory:')
  const { db } = open(':memory:')
  const script = [
    ...rebuild,
    "attach ':memory:' as aux",
    'create table aux.t (x)',
    'detach aux',
    'select * from t',
  ]
  expect(await perform(db, script, 1)).toEqual(script.map((sql) => plainOutcomeOf(plain, sql)))
})

test('a recycled connection gets the settings again', async () => {
  const { db, dialect } = open({ url: urlOf('file'), poolclass: StaticPool, poolRecycle: 0 })
  await run(db, 'pragma recursive_triggers = on')
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(await run(db, 'pragma recursive_triggers')).toEqual([{ recursive_triggers: 1 }])
  expect(dialect.pool.status().opened).toBeGreaterThan(1)
})

test('what is stored in the database is not set again on other connections', async () => {
  const url = urlOf('file')
  const { db } = open({ url, poolclass: 'QueuePool' })
  await onEachOf(db, 3, 'select 1')
  await run(db, 'pragma user_version = 1')
  await run(db, 'pragma application_id = 11')
  await run(db, 'pragma journal_mode = wal')
  const other = openPlain(url)
  other.pragma('user_version = 2')
  other.pragma('application_id = 22')
  expect(await onEachOf(db, 6, 'pragma user_version')).toEqual(times(6, [{ user_version: 2 }]))
  expect(await onEachOf(db, 6, 'pragma application_id')).toEqual(times(6, [{ application_id: 22 }]))
  expect(await run(db, 'pragma journal_mode')).toEqual([{ journal_mode: 'wal' }])
})

test('another file attached under the same name takes the place of the first on every connection', async () => {
  const directory = temporaryDirectory()
  const { db } = open({ url: join(directory, 'app.db'), poolclass: 'QueuePool' })
  await onEachOf(db, 3, 'select 1')
  await run(db, 'attach ? as aux', join(directory, 'one'))
  await run(db, "create table aux.t as select 'one' as name")
  expect(await onEachOf(db, 2, 'select name from aux.t')).toEqual(times(2, [{ name: 'one' }]))
  await run(db, 'detach aux')
  await run(db, 'attach ? as aux', join(directory, 'two'))
  await run(db, "create table aux.t as select 'two' as name")
  expect(await onEachOf(db, 4, 'select name from aux.t')).toEqual(times(4, [{ name: 'two' }]))
})

test('a file attached by a relative path stays the same after the process changes its directory', async () => {
  const [here, there, before] = [temporaryDirectory(), temporaryDirectory(), process.cwd()]
  onTestFinished(() => process.chdir(before))
  const { db } = open({ url: join(here, 'app.db'), poolclass: 'NullPool' })
  process.chdir(here)
  await run(db, "attach 'aux.db' as aux")
  await run(db, 'create table aux.t as select 1 as x')
  process.chdir(there)
  expect(await outcomeOf(db, 'select x from aux.t')).toEqual([{ x: 1 }])
  expect(existsSync(join(there, 'aux.db'))).toBe(false)
})

test('two dialects on one file keep their settings apart', async () => {
  const url = urlOf('file')
  const { db: one } = open({ url, poolclass: 'QueuePool' })
  const { db: two } = open({ url, poolclass: 'QueuePool' })
  await run(one, 'pragma foreign_keys = off')
  await run(one, 'attach ? as aux', join(temporaryDirectory(), 'aux.db'))
  expect(await onEachOf(two, 3, 'pragma foreign_keys')).toEqual(times(3, [{ foreign_keys: 1 }]))
  expect(await run(two, 'select name from pragma_database_list')).toEqual([{ name: 'main' }])
  expect(await onEachOf(one, 3, 'pragma foreign_keys')).toEqual(times(3, [{ foreign_keys: 0 }]))
})

test('two Kysely instances over one dialect share their settings', async () => {
  const { db, dialect } = open({ url: urlOf('file'), poolclass: 'QueuePool' })
  await run(db, 'pragma foreign_keys = off')
  const other = db.withoutPlugins()
  expect(await onEachOf(other, 2, 'pragma foreign_keys')).toEqual(times(2, [{ foreign_keys: 0 }]))
  expect(dialect.pool.status().checkedOut).toBe(0)
})

test('a session statement that fails sets nothing', async () => {
  const { db } = open({ url: urlOf('file'), poolclass: 'QueuePool' })
  await onEachOf(db, 3, 'select 1')
  const error = await failureOf(run(db, "attach '/no/such/directory/x.db' as aux"))
  expect(error).toMatchObject({ name: 'SqliteError', code: 'SQLITE_CANTOPEN' })
  expect(await failureOf(run(db, 'detach never'))).toMatchObject({ code: 'SQLITE_ERROR' })
  expect(await failureOf(run(db, 'pragma foreign_keys = = 1'))).toMatchObject({ code: 'SQLITE_ERROR' })
  expect(await onEachOf(db, 4, 'pragma foreign_keys')).toEqual(times(4, [{ foreign_keys: 1 }]))
})

/** A dialect whose attached database has lost its directory since. */
async function openWithLostAttachment(): Promise<ReturnType<typeof open>> {
  const directory = temporaryDirectory()
  const opened = open({ url: join(directory, 'app.db'), poolclass: 'NullPool' })
  mkdirSync(join(directory, 'gone'))
  await run(opened.db, 'attach ? as aux', join(directory, 'gone', 'aux.db'))
  rmSync(join(directory, 'gone'), { recursive: true })
  return opened
}

test('what one connection accepted and another one refuses is an error that names the statement', async () => {
  const { db, dialect } = await openWithLostAttachment()
  const error = await failureOf(run(db, 'select 1'))
  expect(error).toMatchObject({ code: 'POOLCLASS_SETTING_REPLAY' })
  expect(error.message).toMatch(/^unable to open database.*attach \? as aux/)
  expect(dialect.pool.status()).toMatchObject({ checkedOut: 0, idle: 0 })
})

test('an attachment that can no longer be opened is reported once, and then forgotten', async () => {
  const { db } = await openWithLostAttachment()
  expect(await failureOf(run(db, 'select 1'))).toMatchObject({ code: 'POOLCLASS_SETTING_REPLAY' })
  expect(await run(db, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('a connection that needs an attachment waits for the lock on the attached file', async () => {
  const directory = temporaryDirectory()
  const { db } = open({ url: join(directory, 'app.db'), poolclass: 'NullPool' })
  await run(db, 'attach ? as aux', join(directory, 'aux.db'))
  await run(db, 'create table aux.t as select 1 as x')
  const other = openPlain(join(directory, 'aux.db'))
  other.exec('begin exclusive')
  setTimeout(() => other.exec('commit'), 60)
  expect(await run(db, 'select x from aux.t')).toEqual([{ x: 1 }])
})

test.each(several)(
  'a table is rebuilt in a transaction between two pragmas, with $poolclass on a $place',
  async ({ place, poolclass, held }) => {
    const { db } = open({ url: urlOf(place), poolclass })
    for (const sql of rebuild.slice(0, 4)) await run(db, sql)
    await onEachOf(db, held, 'select 1')
    await run(db, 'pragma foreign_keys = off')
    await Promise.all([
      db.transaction().execute(async (trx) => {
        for (const sql of rebuild.slice(5, 9)) await run(trx, sql)
      }),
      onEachOf(db, held - 1, 'select 1'),
    ])
    await run(db, 'pragma foreign_keys = on')
    expect(await run(db, 'select count(*) as n from child')).toEqual([{ n: 3 }])
    expect(await run(db, 'select * from parent')).toEqual([{ id: 1, name: 'a', extra: 0 }])
    expect(await failureOf(run(db, 'insert into child values (9, 9)'))).toMatchObject({
      code: 'SQLITE_CONSTRAINT_FOREIGNKEY',
    })
  },
)

test('a connection that is out while a setting is made gets it at its next checkout', async () => {
  const { db } = open({ url: urlOf('file'), poolclass: 'QueuePool', poolUseLifo: true })
  await db.connection().execute(async (connection) => {
    await run(connection, 'select 1')
    await run(db, 'pragma foreign_keys = off')
    expect(await run(connection, 'pragma foreign_keys')).toEqual([{ foreign_keys: 1 }])
  })
  expect(await onEachOf(db, 3, 'pragma foreign_keys')).toEqual(times(3, [{ foreign_keys: 0 }]))
})

test('a pragma that writes to the database waits for a transaction of this thread', async () => {
  const { db } = open({ url: urlOf('file'), poolclass: 'QueuePool' })
  await run(db, 'create table t (x)')
  await Promise.all([
    db.transaction().execute(async (trx) => {
      await run(trx, 'insert into t values (1)')
      await new Promise((resolve) => setTimeout(resolve, 40))
    }),
    run(db, 'pragma user_version = 7'),
  ])
  expect(await run(db, 'pragma user_version')).toEqual([{ user_version: 7 }])
})

test('the settings end with destroy(), as those of a plain connection do', async () => {
  const dialect = newDialect({ url: urlOf('file'), poolclass: 'QueuePool' })
  const first = new Kysely<any>({ dialect })
  await run(first, 'pragma foreign_keys = off')
  await run(first, 'pragma busy_timeout = 1')
  await run(first, 'attach ? as aux', join(temporaryDirectory(), 'aux.db'))
  await first.destroy()
  const second = new Kysely<any>({ dialect })
  onTestFinished(() => second.destroy())
  expect(await run(second, 'pragma foreign_keys')).toEqual([{ foreign_keys: 1 }])
  expect(await run(second, 'pragma busy_timeout')).toEqual([{ timeout: 5000 }])
  expect(await run(second, 'select name from pragma_database_list')).toEqual([{ name: 'main' }])
})

test.each(several)(
  'databases attached by names that SQLite tells apart are there on every connection of a $poolclass on a $place',
  async ({ place, poolclass, held }) => {
    const { db } = open({ url: urlOf(place), poolclass })
    const directory = temporaryDirectory()
    for (const [name, file] of [
      ['Ä', 'upper.db'],
      ['ä', 'lower.db'],
    ] as const) {
      await run(db, `attach ? as "${name}"`, nameOf(place, join(directory, file)))
      await run(db, `create table "${name}".t as select '${file}' as file`)
    }
    const files = 'select (select file from "Ä".t) as upper, (select file from "ä".t) as lower'
    expect(await onEachOf(db, held, files)).toEqual(times(held, [{ upper: 'upper.db', lower: 'lower.db' }]))
  },
)

test.each(poolClasses)(
  'with %s a write waits for readers although two pragmas change the names of columns',
  async (poolclass) => {
    const url = urlOf('file')
    const { db } = open({ url, poolclass })
    await run(db, 'create table t as select 1 as x')
    await run(db, 'pragma full_column_names = on')
    await run(db, 'pragma short_column_names = off')
    const other = openPlain(url)
    other.exec('begin')
    other.prepare('select * from t').all()
    setTimeout(() => other.exec('commit'), 40)
    await run(db, 'insert into t values (2)')
    expect(await run(db, 'select count(*) as n from t')).toEqual([{ n: 2 }])
  },
)
