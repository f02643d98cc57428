import BetterSqlite3 from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { knownWrites } from '../../packages/dialect/src/waiting/known-writes.ts'

test.each(['begin deferred', 'begin immediate', 'begin exclusive'])(
  'whether “%s” writes is known before it was run, as SQLite would say',
  (sql) => {
    const database = new BetterSqlite3(':memory:')
    onTestFinished(() => void database.close())
    expect(knownWrites().get(sql)).toBe(!database.prepare(sql).readonly)
  },
)

test('of another text nothing is known beforehand', () => {
  expect(knownWrites().get('insert into t values (1)')).toBeUndefined()
})
