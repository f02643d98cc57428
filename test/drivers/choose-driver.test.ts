import { PooledSqliteDialect } from '@poolclass/dialect'
import { expect, test } from 'vitest'
import { open } from '../support/open.ts'
import { run, thrownBy } from '../support/statements.ts'
import config from './driver.json' with { type: 'json' }

const NAMES = ['better-sqlite3', 'better-sqlite3-multiple-ciphers', 'node:sqlite', 'libsql-server']

test('the driver of a config that is imported from JSON is the one of that name', async () => {
  const { db } = open(config)
  expect(await run(db, 'select 1 as one')).toEqual([{ one: 1 }])
})

test.each([undefined, null])('a driver that is %s is the default one', async (driver) => {
  const { db } = open({ url: ':memory:', driver })
  expect(await run(db, 'select 1 as one')).toEqual([{ one: 1 }])
})

test.each([
  ['better-sqlite', /"better-sqlite"; did you mean better-sqlite3\?/],
  ['Better-SQLite3', /did you mean better-sqlite3\?/],
  ['node-sqlite', /did you mean node:sqlite\?/],
  ['node:sqlite3', /did you mean node:sqlite\?/],
  ['postgres', /"postgres"\. The names are/],
  ['toString', /"toString"\. The names are/],
  ['', /""/],
  [3, /not 3/],
  [String, /not the function String/],
])(
  'the driver %s is refused when the dialect is built, with all the names that there are',
  (driver, text) => {
    const error = thrownBy(() => new PooledSqliteDialect({ url: ':memory:', driver: driver as never }))
    expect(error).toMatchObject({ name: 'DialectConfigError', key: 'driver' })
    expect(error.message).toMatch(text)
    for (const name of NAMES) expect(error.message).toContain(name)
  },
)
