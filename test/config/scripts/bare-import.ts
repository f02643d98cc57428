/** The main bundle of an application whose threads use the package: it imports it to switch SQLite's URI file names on. */
// oxlint-disable-next-line import/no-unassigned-import -- this is what it is about
import '@poolclass/dialect'
import BetterSqlite3 from 'better-sqlite3'
import { readdirSync } from 'node:fs'

const [one, other] = [new BetterSqlite3('file:/shop?vfs=memdb'), new BetterSqlite3('file:/shop?vfs=memdb')]
one.exec('create table t as select 1 as a')
process.stdout.write(
  JSON.stringify({ rows: other.prepare('select a from t').all(), files: readdirSync('.') }),
)
