import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { type ExpressionBuilder, type Generated, Kysely } from 'kysely'
import { threadId } from 'node:worker_threads'

export interface Database {
  sale: SaleTable
}

interface SaleTable {
  id: Generated<number>
  amount: number
  /** The thread that wrote the row. */
  thread: number
}

export interface Total {
  sales: number
  sum: number
}

/** Every thread calls it, with the same config. */
export function openDatabase(config: PooledSqliteDialectConfig): Kysely<Database> {
  return new Kysely<Database>({ dialect: new PooledSqliteDialect(config) })
}

export async function createSchema(db: Kysely<Database>): Promise<void> {
  await db.schema
    .createTable('sale')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('amount', 'integer', (column) => column.notNull())
    .addColumn('thread', 'integer', (column) => column.notNull())
    .execute()
}

export async function addSale(db: Kysely<Database>, amount: number): Promise<void> {
  await db.insertInto('sale').values({ amount, thread: threadId }).execute()
}

export async function readTotal(db: Kysely<Database>): Promise<Total> {
  return await db.selectFrom('sale').select(countAndSum).executeTakeFirstOrThrow()
}

export async function readTotalsByThread(db: Kysely<Database>): Promise<(Total & { thread: number })[]> {
  return await db
    .selectFrom('sale')
    .select('thread')
    .select(countAndSum)
    .groupBy('thread')
    .orderBy('thread')
    .execute()
}

function countAndSum({ fn }: ExpressionBuilder<Database, 'sale'>) {
  return [fn.countAll<number>().as('sales'), fn.sum<number>('amount').as('sum')] as const
}
