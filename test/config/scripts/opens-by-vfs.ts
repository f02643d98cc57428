import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'
import { migrate, migratorOf } from '../../migrations/migrator.ts'
import { testedDriver } from '../../support/driver.ts'
import { LibraryDatabase } from '../../support/plain-database.ts'

/** Opens a file by a VFS that only an extension knows, and prints what came of it. */
const [directory = '', shim = '', how] = process.argv.slice(2)
const url = `file:${directory}/app.db?vfs=shim`

async function withoutExtension(): Promise<string> {
  const db = new Kysely<any>({ dialect: new PooledSqliteDialect({ url, driver: testedDriver }) })
  return await sql`select 1`.execute(db).then(
    () => 'opened',
    (error: Error) => error.message.split(': file')[0]!,
  )
}

const others: Record<string, Partial<PooledSqliteDialectConfig>> = {
  'in threads': { threads: 2 },
  'with a creator': { creator: (_, { filename, options }) => new LibraryDatabase(filename, options) },
}

const without = await withoutExtension()
const dialect = new PooledSqliteDialect({
  url,
  driver: testedDriver,
  poolclass: 'QueuePool',
  extensions: [shim],
  ...others[how ?? ''],
})
const db = new Kysely<any>({ dialect })
const create = async (on: Kysely<any>): Promise<void> => void (await sql`create table t (a)`.execute(on))
await migrate(migratorOf(db, { create }))
await sql`insert into t values (1)`.execute(db)
await sql`attach ${`file:${directory}/other.db?vfs=shim`} as other`.execute(db)
await sql`create table other.u as select 2 as b`.execute(db)
const [{ rows }, { rows: attached }, { rows: tables }] = await Promise.all([
  sql`select a from t`.execute(db),
  sql`select b from other.u`.execute(db),
  sql<{ name: string }>`select name from main.sqlite_schema where type = 'table' order by name`.execute(db),
])
await db.destroy()
console.log(JSON.stringify({ without, rows, attached, migrated: tables.map(({ name }) => name) }))
