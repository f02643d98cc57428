import type { Kysely } from 'kysely'

export interface Database {
  sale: SaleTable
}

interface SaleTable {
  id: number
  product: string
  amount: number
}

export interface ProductTotal {
  product: string
  sum: number
  /** How many different ones there are. */
  amounts: number
}

export const SALES = 200_000
const PRODUCTS = 500
const ROWS_PER_INSERT = 5_000

export async function createSales(db: Kysely<Database>): Promise<void> {
  await db.schema
    .createTable('sale')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('product', 'text', (column) => column.notNull())
    .addColumn('amount', 'integer', (column) => column.notNull())
    .execute()
  await db.transaction().execute(async (trx) => {
    for (let first = 1; first <= SALES; first += ROWS_PER_INSERT) {
      const rows = Array.from({ length: ROWS_PER_INSERT }, (_, index) => newSale(first + index))
      await trx.insertInto('sale').values(rows).execute()
    }
  })
}

function newSale(id: number): SaleTable {
  return { id, product: `product ${id % PRODUCTS}`, amount: (id * 7919) % 1000 }
}

/** The quick query: one row by its key. */
export async function findSale(db: Kysely<Database>, id: number): Promise<SaleTable | undefined> {
  return await db.selectFrom('sale').selectAll().where('id', '=', id).executeTakeFirst()
}

/** The slow query: it reads the whole table, for which there is no index. */
export async function bestProducts(db: Kysely<Database>): Promise<ProductTotal[]> {
  return await db
    .selectFrom('sale')
    .select(({ fn }) => [
      'product',
      fn.sum<number>('amount').as('sum'),
      fn.count<number>('amount').distinct().as('amounts'),
    ])
    .groupBy('product')
    .orderBy('sum', 'desc')
    .limit(10)
    .execute()
}
