import BetterSqlite3 from 'better-sqlite3'
import { expect, test } from 'vitest'
import { DRIVERS } from '../../packages/dialect/src/drivers/choose-driver.ts'

test('the pragmas that a config may set are exactly those that the SQLite of better-sqlite3 lists', () => {
  const database = new BetterSqlite3(':memory:')
  const listed = database.pragma('pragma_list') as { name: string }[]
  database.close()
  const known = [...DRIVERS['better-sqlite3'].pragmas]
  expect(known).toEqual(listed.map(({ name }) => name).toSorted())
})
