import BetterSqlite3, { type Database } from 'better-sqlite3'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openCipher, whyNoCiphers } from '../support/ciphers.ts'
import { DRIVERS } from '../../packages/dialect/src/drivers/choose-driver.ts'

function listedBy(database: Database): string[] {
  const listed = database.pragma('pragma_list') as { name: string }[]
  database.close()
  return listed.map(({ name }) => name).toSorted()
}

test('the pragmas that a config may set are exactly those that the SQLite of better-sqlite3 lists', () => {
  const known = [...DRIVERS['better-sqlite3'].pragmas]
  expect(known).toEqual(listedBy(new BetterSqlite3(':memory:')))
})

test.skipIf(whyNoCiphers !== undefined)('so are those of better-sqlite3-multiple-ciphers', () => {
  const known = [...DRIVERS['better-sqlite3-multiple-ciphers'].pragmas]
  expect(known).toEqual(listedBy(openCipher(':memory:')))
})

test('so are those of node:sqlite, but for one that SQLite has given up', () => {
  const database = new DatabaseSync(':memory:')
  const names = database
    .prepare('pragma pragma_list')
    .all()
    .map(({ name }) => String(name))
  database.close()
  const listed = names.filter((name) => name !== 'default_cache_size')
  expect(DRIVERS['node:sqlite'].pragmas).toEqual(listed.toSorted())
})
