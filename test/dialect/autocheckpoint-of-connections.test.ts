import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { betterSqlite3 } from '../../packages/dialect/src/drivers/better-sqlite3/better-sqlite3.ts'
import type { SqliteHandle } from '../../packages/dialect/src/drivers/local/handle.ts'
import { LocalConnection } from '../../packages/dialect/src/drivers/local/local-connection.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

await betterSqlite3.load()

/** A connection that is to have 123, and what SQLite says that it has. */
function connect(isShared = false): { connection: LocalConnection; pages: () => unknown } {
  const filename = join(temporaryDirectory(), 'app.db')
  const handle: SqliteHandle = betterSqlite3.open({
    filename,
    readonly: false,
    fileMustExist: false,
    safeIntegers: false,
  })
  handle.exec('pragma journal_mode = wal; create table t (a); insert into t values (1), (2), (3)')
  const connection = new LocalConnection(handle, 'test', 10, betterSqlite3, { autocheckpoint: 123, isShared })
  onTestFinished(() => connection.close())
  const pages = (): unknown =>
    Object.values((handle.prepare('pragma wal_autocheckpoint').all([]) as object[])[0]!)[0]
  return { connection, pages }
}

const SQLITES_OWN = 1000

test('a connection that only reads has SQLite’s own wal_autocheckpoint', () => {
  const { connection, pages } = connect()
  connection.execute('select * from t', [])
  connection.execute('begin', [])
  connection.execute('select * from t', [])
  connection.execute('commit', [])
  connection.inspect('select 1')
  expect(pages()).toBe(SQLITES_OWN)
})

test.each<[string, (connection: LocalConnection) => void]>([
  ['writes', (connection) => connection.execute('insert into t values (4)', [])],
  ['writes and returns rows', (connection) => connection.execute('delete from t returning a', [])],
  ['creates', (connection) => connection.execute('create table other (a)', [])],
  ['is only prepared, and writes', (connection) => connection.inspect('update t set a = 5')],
  ['explains a pragma', (connection) => connection.execute('/**/ explain pragma wal_autocheckpoint', [])],
  ['streams', (connection) => connection.openReader('select * from t', []).read(1)],
  ['lends its handle', (connection) => connection.lendHandle()],
])('a connection that %s has the wal_autocheckpoint of its config', (_, use) => {
  const { connection, pages } = connect()
  connection.execute('select * from t', [])
  use(connection)
  expect(pages()).toBe(123)
})

test('a connection whose handle an extension may write with has it at once', () => {
  expect(connect(true).pages()).toBe(123)
})
