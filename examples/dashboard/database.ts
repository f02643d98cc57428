import { type Generated, type Kysely, sql } from 'kysely'

export interface Database {
  order: { id: Generated<number>; customer: number; product: string; amount: number; note: string }
}

export const ORDERS = 50_000

/** A table of orders, with an index by customer and none by product. */
export async function createOrders(db: Kysely<Database>): Promise<void> {
  await db.schema
    .createTable('order')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('customer', 'integer', (column) => column.notNull())
    .addColumn('product', 'text', (column) => column.notNull())
    .addColumn('amount', 'integer', (column) => column.notNull())
    .addColumn('note', 'text', (column) => column.notNull())
    .execute()
  await sql`
    with recursive n(id) as (select 1 union all select id + 1 from n where id < ${ORDERS})
    insert into "order" select id, id % 997, 'product ' || (id % 83), id % 19 + 1, hex(zeroblob(40)) from n`.execute(
    db,
  )
  await db.schema.createIndex('order_by_customer').on('order').column('customer').execute()
}
