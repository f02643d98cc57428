import {
  isSqliteError,
  PooledSqliteDialect,
  type PooledSqliteDialectConfig,
  TransactionLostError,
} from '@poolclass/dialect'
import { NullPool, type PoolStatus, QueuePool } from '@poolclass/pools'
import { type Generated, Kysely } from 'kysely'

interface Database {
  city: { id: Generated<number>; name: string }
}

const config: PooledSqliteDialectConfig = { url: 'app.db', poolclass: 'QueuePool', poolSize: 5 }
const dialect = new PooledSqliteDialect(config)
export const status: PoolStatus = dialect.pool.status()

const db = new Kysely<Database>({ dialect })
export const names: Promise<{ name: string }[]> = db.selectFrom('city').select('name').execute()

export const dialects: PooledSqliteDialect[] = [
  new PooledSqliteDialect({ url: 'app.db', poolclass: QueuePool, maxOverflow: 0 }),
  // @ts-expect-error -- a NullPool keeps none
  new PooledSqliteDialect({ url: 'app.db', poolclass: NullPool, poolSize: 5 }),
]

export function codeOf(error: unknown): string | undefined {
  if (error instanceof TransactionLostError) return error.code satisfies 'POOLCLASS_TRANSACTION_LOST'
  return isSqliteError(error, 'SQLITE_BUSY') ? error.code : undefined
}
