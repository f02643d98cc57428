/** An application that has its connections in threads, and does not end them. */
import { PooledSqliteDialect } from '@poolclass/dialect'
import BetterSqlite3 from 'better-sqlite3'
import { Kysely, sql } from 'kysely'

let workers = 0
process.on('worker', () => {
  workers += 1
})

async function main(): Promise<void> {
  const db = new Kysely<any>({
    dialect: new PooledSqliteDialect({ url: 'app.db', poolclass: 'QueuePool', threads: 1 }),
  })
  const memory = new Kysely<any>({ dialect: new PooledSqliteDialect({ url: ':memory:', threads: 1 }) })
  await sql`create table t (a)`.execute(db)
  await db
    .insertInto('t')
    .values([{ a: 1 }, { a: 2 }])
    .execute()
  const rows: unknown[] = []
  for await (const row of db.selectFrom('t').selectAll().stream(1)) rows.push(row)
  const { rows: inMemory } = await sql`select 1 as x`.execute(memory)
  const error = await sql`selec`.execute(db).catch((reason: unknown) => reason)
  const chunk = await db
    .selectFrom('t')
    .selectAll()
    .stream(0)
    .next()
    .catch((reason: unknown) => reason)
  process.stdout.write(
    JSON.stringify({
      rows,
      inMemory,
      code: (error as { code?: string }).code,
      isSqliteError: error instanceof BetterSqlite3.SqliteError,
      refused: (chunk as { code?: string }).code,
      workers,
    }),
  )
}

void main()
