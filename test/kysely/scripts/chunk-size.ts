// Streams seven rows in chunks of each size that the arguments give; prints the rows, or the error, of each.
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'
import { testedDriver } from '../../support/driver.ts'

const dialect = new PooledSqliteDialect({ url: ':memory:', driver: testedDriver })
const db = new Kysely<{ t: { a: number } }>({ dialect })
await sql`create table t (a)`.execute(db)
await sql`insert into t values (1), (2), (3), (4), (5), (6), (7)`.execute(db)

async function read(size: string): Promise<unknown> {
  const rows: number[] = []
  try {
    for await (const { a } of db.selectFrom('t').selectAll().stream(Number(size))) rows.push(a)
    return { rows }
  } catch (error) {
    const { name, code, key, message } = error as Error & { code?: string; key?: string }
    return { rows, name, code, key, message }
  }
}

const results = []
for (const size of process.argv.slice(2)) {
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  const outcome = await read(size)
  const { checkedOut } = dialect.pool.status()
  // oxlint-disable-next-line no-await-in-loop
  const { rows: after } = await sql`select count(*) as n from t`.execute(db)
  results.push({ outcome, checkedOut, after })
}
await db.destroy()
process.stdout.write(JSON.stringify(results))
