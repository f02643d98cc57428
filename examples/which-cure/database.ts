import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { Kysely } from 'kysely'

export interface Database {
  counter: CounterTable
  sale: SaleTable
}

interface CounterTable {
  id: number
  value: number
}

interface SaleTable {
  id: number
  product: string
  amount: number
}

export const COUNTERS = 10
export const SALES = 100_000
const PRODUCTS = 500
const ROWS_PER_INSERT = 5_000

export function openDatabase(config: PooledSqliteDialectConfig): Kysely<Database> {
  return new Kysely<Database>({ dialect: new PooledSqliteDialect(config) })
}

export async function createTables(db: Kysely<Database>): Promise<void> {
  await db.schema
    .createTable('counter')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('value', 'integer', (column) => column.notNull())
    .execute()
  await db.schema
    .createTable('sale')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('product', 'text', (column) => column.notNull())
    .addColumn('amount', 'integer', (column) => column.notNull())
    .execute()
  await db.transaction().execute(async (trx) => {
    const counters = Array.from({ length: COUNTERS }, (_, id) => ({ id, value: 0 }))
    await trx.insertInto('counter').values(counters).execute()
    for (let first = 0; first < SALES; first += ROWS_PER_INSERT) {
      const sales = Array.from({ length: ROWS_PER_INSERT }, (_, index) => newSale(first + index))
      await trx.insertInto('sale').values(sales).execute()
    }
  })
}

function newSale(id: number): SaleTable {
  return { id, product: `product ${id % PRODUCTS}`, amount: (id * 7919) % 1000 }
}

export async function sumOfCounters(db: Kysely<Database>): Promise<number> {
  const { sum } = await db
    .selectFrom('counter')
    .select(({ fn }) => fn.sum<number>('value').as('sum'))
    .executeTakeFirstOrThrow()
  return sum
}
