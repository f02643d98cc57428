// Runs as if in Node.js 20, and prints what the first queries say.
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely, sql } from 'kysely'

Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })

async function firstError(config: ConstructorParameters<typeof PooledSqliteDialect>[0]): Promise<object> {
  const db = new Kysely<unknown>({ dialect: new PooledSqliteDialect(config) })
  return sql`select 1`.execute(db).catch(({ name, code, message }: Error & { code?: string }) => ({
    name,
    code,
    message,
  }))
}

const result = {
  plain: await firstError(':memory:'),
  ciphers: await firstError({ url: ':memory:', driver: 'better-sqlite3-multiple-ciphers' }),
}
console.log(JSON.stringify(result))
