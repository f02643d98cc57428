// Streams seven rows in chunks of the size that the argument gives; prints the rows, or the error.
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'

const [size = ''] = process.argv.slice(2)
const dialect = new PooledSqliteDialect(':memory:')
const db = new Kysely<{ t: { a: number } }>({ dialect })
await sql`create table t (a)`.execute(db)
await sql`insert into t values (1), (2), (3), (4), (5), (6), (7)`.execute(db)

async function read(): Promise<unknown> {
  const rows: number[] = []
  try {
    for await (const { a } of db.selectFrom('t').selectAll().stream(Number(size))) rows.push(a)
    return { rows }
  } catch (error) {
    const { name, code, key, message } = error as Error & { code?: string; key?: string }
    return { rows, name, code, key, message }
  }
}

const outcome = await read()
const { checkedOut } = dialect.pool.status()
const { rows: after } = await sql`select count(*) as n from t`.execute(db)
await db.destroy()
process.stdout.write(JSON.stringify({ outcome, checkedOut, after }))
