// Runs where the package of no driver is installed; prints what works all the same, and what the first queries say.
import { parseSqliteUrl, poolClassFor, PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'
import { type MigrationProvider, Migrator } from 'kysely/migration'
import { readdirSync } from 'node:fs'

function facts(thrown: unknown): object {
  const { name, code, message, cause } = thrown as Error & { code: string; cause?: { code?: string } }
  return { name, code, message, cause: cause?.code }
}

function misspelt(): string {
  try {
    return String(new PooledSqliteDialect({ url: 'app.db', pool_size: 5 } as never))
  } catch (error) {
    return (error as Error).message
  }
}

const dialect = new PooledSqliteDialect('app.db')
const db = new Kysely<unknown>({ dialect })
const inThreads = new Kysely<unknown>({ dialect: new PooledSqliteDialect({ url: 'app.db', threads: 1 }) })
const driver = 'better-sqlite3-multiple-ciphers'
const encrypted = new Kysely<unknown>({
  dialect: new PooledSqliteDialect({ url: 'app.db', driver, key: 'x' }),
})
const provider: MigrationProvider = { getMigrations: async () => ({}) }
const location = parseSqliteUrl('file:x?mode=memory&cache=shared')

const result = {
  location,
  poolclass: poolClassFor(location).name,
  misspelt: misspelt(),
  first: await sql`select 1`.execute(db).catch(facts),
  again: await sql`select 1`.execute(db).catch(facts),
  threads: await sql`select 1`.execute(inThreads).catch(facts),
  migration: await new Migrator({ db, provider }).migrateToLatest().then(({ error }) => facts(error), facts),
  ciphers: await sql`select 1`.execute(encrypted).catch(facts),
  opened: dialect.pool.status().opened,
  files: readdirSync('.'),
}
await Promise.all([db.destroy(), inThreads.destroy(), encrypted.destroy()])
process.stdout.write(JSON.stringify(result))
