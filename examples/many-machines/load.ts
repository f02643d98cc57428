import type { Kysely } from 'kysely'

export interface Shop {
  stock: { product: number; pieces: number }
}

/** What came of a second of shopping. */
export interface Traffic {
  reads: number
  writes: number
  /** Reads that did not show what was written just before. */
  stale: number
  failed: number
  slowestMs: number
}

const PRODUCTS = 8

export async function createShop(db: Kysely<Shop>): Promise<void> {
  await db.schema
    .createTable('stock')
    .addColumn('product', 'integer', (column) => column.primaryKey())
    .addColumn('pieces', 'integer', (column) => column.notNull())
    .execute()
  const products = Array.from({ length: PRODUCTS }, (_, product) => ({ product, pieces: 0 }))
  await db.insertInto('stock').values(products).execute()
}

/** Each customer has a product: changes its stock in a transaction, and reads it ten times. */
export async function shop(db: Kysely<Shop>, seconds: number): Promise<Traffic> {
  const traffic: Traffic = { reads: 0, writes: 0, stale: 0, failed: 0, slowestMs: 0 }
  const end = performance.now() + seconds * 1000
  const customers = Array.from({ length: PRODUCTS }, async (_, product) => {
    while (performance.now() < end) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await visit(db, product, traffic).catch(() => (traffic.failed += 1))
    }
  })
  await Promise.all(customers)
  return traffic
}

async function visit(db: Kysely<Shop>, product: number, traffic: Traffic): Promise<void> {
  const pieces = await db.transaction().execute(async (trx) => {
    const before = await piecesOf(trx, product)
    await trx
      .updateTable('stock')
      .set({ pieces: before + 1 })
      .where('product', '=', product)
      .execute()
    return before + 1
  })
  traffic.writes += 1
  for (let i = 0; i < 10; i += 1) {
    const begin = performance.now()
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    if ((await piecesOf(db, product)) !== pieces) traffic.stale += 1
    traffic.reads += 1
    traffic.slowestMs = Math.max(traffic.slowestMs, performance.now() - begin)
  }
}

async function piecesOf(db: Kysely<Shop>, product: number): Promise<number> {
  const { pieces } = await db
    .selectFrom('stock')
    .select('pieces')
    .where('product', '=', product)
    .executeTakeFirstOrThrow()
  return pieces
}
