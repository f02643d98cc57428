// oxlint-disable no-await-in-loop -- one statement comes after the other
import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import { CompiledQuery, Kysely } from 'kysely'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, symlinkSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { everywhere, nameOf, perform, poolClasses, several, urlOf } from '../support/as-one-connection.ts'
import { newDialect, open } from '../support/open.ts'
import { openPlain } from '../support/open-plain.ts'
import { handleOf, PlainDatabase } from '../support/plain-database.ts'
import { failureOf } from '../support/failure.ts'
import { onEachOf, outcomeOf, plainOutcomeOf, run, times } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { skips } from '../support/skips.ts'

/** Two directories, and the first one is the working directory until `leave()` is called. */
function twoDirectories(): { here: string; there: string; leave: () => void } {
  const [here, there, before] = [temporaryDirectory(), temporaryDirectory(), process.cwd()]
  onTestFinished(() => process.chdir(before))
  process.chdir(here)
  return { here, there, leave: () => process.chdir(there) }
}

/** A database file with one row. */
function fileWithRow(path: string): void {
  const database = new PlainDatabase(path)
  database.exec('create table t as select 1 as x')
  database.close()
}

/** The next checkout opens another connection, whatever the pool class. */
async function replaceConnections({ pool }: ReturnType<typeof newDialect>): Promise<void> {
  await pool.dispose()
}

const schemas = 'select name from pragma_database_list'

/** Each attaches the file `x.db` of the working directory for reading only. */
const readOnly: readonly (readonly [sql: string, ...parameters: string[]])[] = [
  ["attach 'file:x.db?mode=ro' as aux"],
  ['attach "file:x.db?mode=ro" as aux'],
  ['ATTACH DATABASE ? AS aux', 'file:x.db?mode=ro'],
  ['attach ? as ?', 'file:x.db?mode=ro', 'aux'],
  ["attach ? as 'aux' key ?", 'file:x.db?mode=ro', ''],
  ["attach 'file:' || ? || '?mode=ro' as aux", 'x.db'],
  ["attach 'file:' || ? || '?mode=ro' as ?", 'x.db', 'aux'],
  ["attach cast(? as text) || '?mode=ro' as aux", 'file:x.db'],
  ["/* as is */ attach /* as it is */ 'file:x.db?mode=ro' -- as above\n as aux;"],
  ["attach'file:x.db?mode=ro'as[aux]"],
  ["attach 'file:%78.db?mode=ro&x=y as z' as aux"],
  ["attach (select 'file:x.db?mode=ro' as name) as aux"],
]

describe.each(everywhere)('$poolclass on a $place', ({ place, poolclass, held }) => {
  test.each(readOnly)(
    '%s is for reading only on new connections too, wherever the process is then',
    async (sql, ...parameters) => {
      const { here, there, leave } = twoDirectories()
      const file = join(here, 'x.db')
      fileWithRow(file)
      const { db, dialect } = open({ url: urlOf(place), poolclass })
      const onPlace = (text: string): string =>
        place === 'file' ? text : text.replace('mode=ro', 'mode=ro&vfs=unix')
      await run(db, onPlace(sql), ...parameters.map(onPlace))
      leave()
      await replaceConnections(dialect)
      expect(await onEachOf(db, held, 'select x from aux.t')).toEqual(times(held, [{ x: 1 }]))
      expect(await outcomeOf(db, 'insert into aux.t values (2)')).toEqual({ code: 'SQLITE_READONLY' })
      expect(await run(db, "select file from pragma_database_list where name = 'aux'")).toEqual([{ file }])
      expect(readdirSync(there)).toEqual([])
    },
  )

  test.each(["it's #1? 100%.db", 'ä ö.db', 'file:odd.db'])(
    'a file called %j is the same after the process changes its directory',
    async (name) => {
      const { here, there, leave } = twoDirectories()
      fileWithRow(join(here, name))
      const { db, dialect } = open({ url: urlOf(place), poolclass })
      const uri = `file:${encodeURIComponent(name)}?mode=rw${place === 'file' ? '' : '&vfs=unix'}`
      await run(db, 'attach ? as aux', uri)
      leave()
      await replaceConnections(dialect)
      expect(await onEachOf(db, held, 'select x from aux.t')).toEqual(times(held, [{ x: 1 }]))
      await run(db, 'insert into aux.t values (2)')
      expect(readdirSync(there)).toEqual([])
    },
  )

  test('the file that was attached stays attached when its link leads elsewhere, or its name is computed anew', async () => {
    const directory = temporaryDirectory()
    fileWithRow(join(directory, 'one.db'))
    symlinkSync(join(directory, 'one.db'), join(directory, 'link.db'))
    const { db, dialect } = open({ url: urlOf(place), poolclass })
    await run(db, 'create table place as select ? as file', join(directory, 'link.db'))
    const query = place === 'file' ? '' : '?vfs=unix'
    await run(db, `attach (select 'file:' || file || '${query}' from place) as aux`)
    unlinkSync(join(directory, 'link.db'))
    symlinkSync(join(directory, 'two.db'), join(directory, 'link.db'))
    await run(db, "update place set file = '/never'")
    await replaceConnections(dialect)
    expect(await onEachOf(db, held, 'select x from aux.t')).toEqual(times(held, [{ x: 1 }]))
  })

  test('an attached memory database keeps its data for as long as it is attached, and no longer', async () => {
    const name = `file:/${randomUUID()}?vfs=memdb`
    const { db, dialect } = open({ url: urlOf(place), poolclass })
    await onEachOf(db, held, 'select 1')
    await run(db, 'attach ? as scratch', name)
    await run(db, 'create table scratch.t (x)')
    await run(db, 'insert into scratch.t values (1)')
    await replaceConnections(dialect)
    expect(await onEachOf(db, held, 'select x from scratch.t')).toEqual(times(held, [{ x: 1 }]))
    await run(db, 'detach scratch')
    expect(await onEachOf(db, held, schemas)).toEqual(times(held, [{ name: 'main' }]))
    await run(db, 'attach ? as scratch', name)
    expect(await run(db, 'select name from scratch.sqlite_schema')).toEqual([])
  })

  test('an attached memory database ends with destroy()', async () => {
    const name = `file:/${randomUUID()}?vfs=memdb`
    const dialect = newDialect({ url: urlOf(place), poolclass })
    const db = new Kysely<any>({ dialect })
    await run(db, 'attach ? as scratch', name)
    await run(db, 'create table scratch.t (x)')
    await db.destroy()
    const plain = openPlain(name)
    expect(plain.prepare('select name from sqlite_schema').all()).toEqual([])
  })

  test('what onCreateConnection attaches can be detached, and attached again', async () => {
    const directory = temporaryDirectory()
    const script = (name: string): string[] => [
      'create table aux.t as select 1 as x',
      'detach aux',
      'select x from aux.t',
      'pragma database_list',
      `attach '${nameOf(place, join(directory, `${name}-2`))}' as aux`,
      'create table if not exists aux.t as select 2 as x',
      'select x from aux.t',
      'detach aux',
      'select x from aux.t',
    ]
    const attach = (name: string): string => `attach '${nameOf(place, join(directory, name))}' as aux`
    const plain = openPlain(place === 'file' ? undefined : `file:/${randomUUID()}?vfs=memdb`)
    plain.exec(attach('plain'))
    const { db } = open({
      url: urlOf(place),
      poolclass,
      onCreateConnection: async (connection) => {
        await connection.executeQuery(CompiledQuery.raw(attach('pool')))
      },
    })
    const statements = script('pool').filter((sql) => sql !== 'pragma database_list')
    const outcomes = await perform(db, statements, held)
    const expected = script('plain').filter((sql) => sql !== 'pragma database_list')
    expect(outcomes).toEqual(expected.map((sql) => plainOutcomeOf(plain, sql)))
  })

  test('what one of two settings at once has attached is detached later on its connection, too', async () => {
    const { db } = open({ url: urlOf(place), poolclass })
    const attach = (): Promise<unknown> =>
      run(db, 'attach ? as aux', nameOf(place, join(temporaryDirectory(), 'aux.db')))
    await (held > 1 ? Promise.all([run(db, 'pragma foreign_keys = off'), attach()]) : attach())
    await run(db, 'detach aux')
    expect(await onEachOf(db, held, schemas)).toEqual(times(held, [{ name: 'main' }]))
  })
})

describe.each(several)('$poolclass on a $place, a pool of several', ({ place, poolclass, held }) => {
  test('a memdb whose name has no slash in front, which every connection has for itself, is refused', async () => {
    const { db } = open({ url: urlOf(place), poolclass })
    const error = await failureOf(run(db, "attach 'file:scratch?vfs=memdb' as aux"))
    expect(error).toMatchObject({ code: 'POOLCLASS_PRIVATE_ATTACHMENT' })
    expect(await onEachOf(db, held, schemas)).toEqual(times(held, [{ name: 'main' }]))
  })

  test('a pragma of a schema that somebody detaches at the same time disturbs nobody later', async () => {
    const { db } = open({ url: urlOf(place), poolclass })
    await run(db, 'attach ? as aux', nameOf(place, join(temporaryDirectory(), 'aux.db')))
    await onEachOf(db, held, 'select 1')
    await Promise.allSettled([run(db, 'detach aux'), run(db, 'pragma aux.cache_size = 9')])
    expect(await onEachOf(db, held, schemas)).toEqual(times(held, [{ name: 'main' }]))
  })

  test('of twenty names that were attached and detached none is left anywhere', async () => {
    const { db } = open({ url: urlOf(place), poolclass })
    const file = nameOf(place, join(temporaryDirectory(), 'aux.db'))
    for (let n = 0; n < 20; n += 1) {
      await run(db, `attach ? as aux${n}`, file)
      await run(db, `detach aux${n}`)
    }
    expect(await onEachOf(db, held, schemas)).toEqual(times(held, [{ name: 'main' }]))
  })
})

test.each(["it's", 'a?b#c', 'a/b', '100%', 'ä'])(
  'the cure in the message for a private memory database called %j works as it stands',
  async (schema) => {
    const { db } = open({ url: urlOf('file'), poolclass: 'NullPool' })
    const { message } = await failureOf(run(db, `attach ':memory:' as "${schema}"`))
    const cure = /attach '[^']*'/.exec(message)![0]
    await run(db, `${cure} as "${schema}"`)
    await run(db, `create table "${schema}".t as select 1 as x`)
    expect(await run(db, `select x from "${schema}".t`)).toEqual([{ x: 1 }])
  },
)

/** A database whose SQL function `locking` gives its argument back and has another connection lock the main database for a while. */
function lockedBehind(): Pick<PooledSqliteDialectConfig, 'url' | 'creator'> {
  const url = join(temporaryDirectory(), 'app.db')
  const other = openPlain(url)
  other.exec('create table t (x)')
  const lock = (argument: unknown): unknown => {
    if (!other.inTransaction) {
      other.exec('begin exclusive')
      setTimeout(() => other.exec('commit'), 50)
    }
    return argument
  }
  return { url, creator: () => handleOf(new PlainDatabase(url).function('locking', lock)) }
}

describe.skipIf(skips.inThreads).each(poolClasses)('%s, locked behind the statement', (poolclass) => {
  const held = poolclass === 'NullPool' || poolclass === 'QueuePool' ? 3 : 1

  test('attaches once, on every connection', async () => {
    const { db } = open({ ...lockedBehind(), poolclass })
    await onEachOf(db, held, 'select * from t')
    await run(db, 'attach locking(?) as aux', join(temporaryDirectory(), 'aux.db'))
    expect(await onEachOf(db, held, schemas)).toEqual(times(held, [{ name: 'main' }, { name: 'aux' }]))
  })

  test('detaches once, on every connection', async () => {
    const { db } = open({ ...lockedBehind(), poolclass })
    await run(db, 'attach ? as aux', join(temporaryDirectory(), 'aux.db'))
    await onEachOf(db, held, 'select * from t')
    await run(db, "detach locking('aux')")
    expect(await onEachOf(db, held, schemas)).toEqual(times(held, [{ name: 'main' }]))
  })
})

test('a relative file after modeof is found after the process changes its directory', async () => {
  const { here, leave } = twoDirectories()
  fileWithRow(join(here, 'model.db'))
  const { db } = open({ url: join(here, 'app.db'), poolclass: 'NullPool' })
  await run(db, "attach 'file:x.db?modeof=model.db' as aux")
  leave()
  expect(await outcomeOf(db, 'select count(*) as n from aux.sqlite_schema')).toEqual([{ n: 0 }])
})

test('a URI of a file elsewhere is attached as it is', async () => {
  const directory = join(temporaryDirectory(), 'a b')
  mkdirSync(directory)
  const { db } = open({ url: urlOf('file'), poolclass: 'NullPool' })
  await run(db, 'attach ? as aux', `${pathToFileURL(join(directory, 'x.db')).href}?psow=0`)
  await run(db, 'create table aux.t (x)')
  expect(existsSync(join(directory, 'x.db'))).toBe(true)
})

test('the names of columns, which two pragmas change, do not hide what is attached', async () => {
  const { db } = open({ url: urlOf('file'), poolclass: 'QueuePool' })
  await run(db, 'pragma full_column_names = on')
  await run(db, 'pragma short_column_names = off')
  await run(db, 'attach "file:aux?mode=memory" as aux').catch(() => {})
  await run(db, 'attach ? as aux', join(temporaryDirectory(), 'aux.db'))
  await run(db, 'create table aux.t as select 1 as x')
  expect(await onEachOf(db, 3, 'select x as x from aux.t')).toEqual(times(3, [{ x: 1 }]))
})

test('a shared memory database can be attached by a connection whose locking mode is exclusive', async () => {
  const { db } = open({ url: urlOf('file'), poolclass: 'QueuePool', poolSize: 1, maxOverflow: 1 })
  await run(db, 'pragma locking_mode = exclusive')
  await run(db, `attach 'file:/${randomUUID()}?vfs=memdb' as aux`)
  expect(await run(db, schemas)).toEqual([{ name: 'main' }, { name: 'aux' }])
})
