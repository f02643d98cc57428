// Prints whether code can be generated from strings here, and rows of node:sqlite.
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'

function generates(): boolean {
  try {
    // oxlint-disable-next-line no-new-func -- whether that is allowed is what the test is about
    return new Function('return true')() as boolean
  } catch {
    return false
  }
}

const db = new Kysely<unknown>({
  dialect: new PooledSqliteDialect({ url: ':memory:', driver: 'node:sqlite' }),
})
const { rows } = await sql<{ a: number; b: string }>`select 1 as a, 'x' as b, 3 as "__proto__"`.execute(db)
const described = rows.map((row) => ({ a: row.a, b: row.b, own: Object.keys(row) }))
await db.destroy()
process.stdout.write(JSON.stringify({ generates: generates(), rows: described }))
