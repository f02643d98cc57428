// oxlint-disable no-await-in-loop -- one statement comes after the other
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openPlain } from '../support/open-plain.ts'
import { everywhere, perform, several, urlOf } from '../support/as-one-connection.ts'
import { open } from '../support/open.ts'
import { onEachOf, plainOutcomeOf, run, times } from '../support/statements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const onFiles = everywhere.filter(({ place }) => place === 'file')

/** What holds for a connection until a statement writes it to the file, or for good: through many as through one. */
const scripts: Readonly<Record<string, readonly string[]>> = {
  'the journal mode': [
    'pragma journal_mode = truncate',
    'create table t (x)',
    'pragma journal_mode',
    'insert into t values (1)',
    'PRAGMA main.journal_mode(persist)',
    'insert into t values (2)',
    'pragma journal_mode',
    'pragma journal_mode = wall',
    'pragma journal_mode = wal',
    'insert into t values (3)',
    'pragma journal_mode',
    'pragma journal_mode = memory',
    'insert into t values (4)',
    'pragma journal_mode',
    'pragma journal_mode = delete',
    'insert into t values (5)',
    'pragma journal_mode',
    'explain query plan pragma journal_mode = truncate',
    'pragma journal_mode',
    'select sum(x) as sum from t',
  ],
  'the page size, which vacuum changes': [
    'create table t as select 1 as x',
    'pragma page_size = 8192',
    'pragma page_size',
    'vacuum',
    'pragma page_size',
    'pragma main.page_size(1024)',
    'select x from t',
    'vacuum main',
    'pragma page_size',
    'select x from t',
  ],
  'auto_vacuum, which vacuum changes': [
    'create table t as select 1 as x',
    'pragma auto_vacuum = incremental',
    'pragma auto_vacuum',
    'vacuum',
    'pragma auto_vacuum',
    'pragma auto_vacuum = full',
    'pragma auto_vacuum',
    'pragma auto_vacuum = none',
    'pragma auto_vacuum',
    'vacuum',
    'pragma auto_vacuum',
  ],
  'what a new file is to be like': [
    "pragma encoding = 'UTF-16le'",
    'pragma page_size = 1024',
    'pragma auto_vacuum = full',
    'create table t (x)',
    'pragma encoding',
    'pragma page_size',
    'pragma auto_vacuum',
    "pragma encoding = 'UTF-8'",
    'pragma encoding',
    "insert into t values ('ä')",
    'select x, hex(x) as hex from t',
  ],
  'a refused value': [
    "pragma encoding = 'UTF-9'",
    'pragma page_size = 1000',
    'create table t (x)',
    'pragma page_size',
  ],
}

/** Journal modes of a file that is attached, detached and attached again. */
const onAttachedFile = (file: string): string[] => [
  `attach '${file}' as aux`,
  'create table aux.t (x)',
  'pragma aux.journal_mode = truncate',
  'pragma main.journal_mode',
  'pragma aux.journal_mode',
  'pragma journal_mode = persist',
  'pragma main.journal_mode',
  'pragma aux.journal_mode',
  'detach aux',
  `attach '${file}' as aux`,
  'pragma main.journal_mode',
  'pragma aux.journal_mode',
  'pragma aux.journal_mode = wal',
  'pragma aux.journal_mode',
  'pragma main.journal_mode',
  'pragma journal_mode = truncate',
  'pragma aux.journal_mode',
]

describe.each(onFiles)('$poolclass on a $place', ({ place, poolclass, held }) => {
  test.each(Object.keys(scripts))('%s is what it is on one plain connection', async (name) => {
    const script = scripts[name]!
    const plain = openPlain()
    const { db } = open({ url: urlOf(place), poolclass })
    const outcomes = await perform(db, script, held)
    expect(script.map((sql, index) => [sql, outcomes[index]])).toEqual(
      script.map((sql) => [sql, plainOutcomeOf(plain, sql)]),
    )
  })

  test('a rollback journal that is kept is kept by whatever connection writes', async () => {
    const url = urlOf(place)
    const { db } = open({ url, poolclass })
    await run(db, 'create table t (x)')
    await run(db, 'pragma journal_mode = persist')
    await onEachOf(db, held, 'select 1')
    await run(db, 'insert into t values (1)')
    expect(existsSync(`${url}-journal`)).toBe(true)
    await run(db, 'pragma journal_mode = truncate')
    await run(db, 'pragma journal_mode = delete')
    await run(db, 'insert into t values (2)')
    expect(existsSync(`${url}-journal`)).toBe(false)
  })

  test('the journal mode of an attached file is its own, and ends with the attachment', async () => {
    const plain = openPlain()
    const { db } = open({ url: urlOf(place), poolclass })
    const directory = temporaryDirectory()
    const outcomes = await perform(db, onAttachedFile(join(directory, 'pool.db')), held)
    const expected = onAttachedFile(join(directory, 'plain.db'))
    expect(outcomes).toEqual(expected.map((sql) => plainOutcomeOf(plain, sql)))
  })
})

const afterLateEncoding = (file: string): string[] => [
  `attach '${file}' as aux`,
  "create table aux.t as select 'ä' as x",
  "pragma encoding = 'UTF-16le'",
  'detach aux',
  `attach '${file}' as aux`,
  'select x from aux.t',
]

test.each(onFiles)(
  'an encoding that comes too late for an attached file of $poolclass does not keep it from being attached again',
  async ({ place, poolclass, held }) => {
    const plain = openPlain()
    const { db } = open({ url: urlOf(place), poolclass })
    const directory = temporaryDirectory()
    const outcomes = await perform(db, afterLateEncoding(join(directory, 'pool.db')), held)
    const expected = afterLateEncoding(join(directory, 'plain.db'))
    expect(outcomes).toEqual(expected.map((sql) => plainOutcomeOf(plain, sql)))
  },
)

describe.each(several.filter(({ place }) => place === 'file'))(
  '$poolclass on a $place',
  ({ place, poolclass }) => {
    test('a journal mode of one connection never takes the file out of WAL again', async () => {
      const url = urlOf(place)
      const { db } = open({ url, poolclass })
      await run(db, 'create table t (x)')
      await run(db, 'pragma journal_mode = truncate')
      openPlain(url).pragma('journal_mode = wal')
      await onEachOf(db, 3, 'select * from t')
      expect(await onEachOf(db, 3, 'pragma journal_mode')).toEqual(times(3, [{ journal_mode: 'wal' }]))
    })

    test('a file leaves WAL although connections of the pool lie idle', async () => {
      const url = urlOf(place)
      const { db } = open({ url, poolclass, pragmas: { synchronous: 'off' } })
      await run(db, 'pragma journal_mode = wal')
      await run(db, 'create table t (x)')
      await onEachOf(db, 3, 'select * from t')
      await run(db, 'pragma busy_timeout = 2000')
      expect(await run(db, 'pragma journal_mode = delete')).toEqual([{ journal_mode: 'delete' }])
      expect(await onEachOf(db, 3, 'pragma journal_mode')).toEqual(times(3, [{ journal_mode: 'delete' }]))
    })

    test('a page size that waits for vacuum takes no lock on other connections', async () => {
      const url = urlOf(place)
      const { db } = open({ url, poolclass })
      await run(db, 'create table t (x)')
      await run(db, 'pragma auto_vacuum = full')
      await run(db, 'pragma page_size = 8192')
      await run(db, 'vacuum')
      const other = openPlain(url)
      other.exec('begin immediate')
      await run(db, 'pragma busy_timeout = 0')
      expect(await onEachOf(db, 3, 'select * from t')).toEqual(times(3, []))
      other.exec('commit')
    })
  },
)

test('a pragma of the file that is set inside db.connection() stays there', async () => {
  const { db } = open({ url: urlOf('file'), poolclass: 'QueuePool' })
  await run(db, 'create table t (x)')
  await onEachOf(db, 3, 'select 1')
  await db.connection().execute(async (connection) => {
    await run(connection, 'select 1')
    await run(connection, 'pragma journal_mode = truncate')
  })
  expect(await onEachOf(db, 3, 'pragma journal_mode')).toEqual(times(3, [{ journal_mode: 'delete' }]))
})
