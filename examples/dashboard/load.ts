import type { Kysely } from 'kysely'
import { setTimeout as delay } from 'node:timers/promises'
import { type Database, ORDERS } from './database.ts'

type Task = (db: Kysely<Database>) => Promise<unknown>

const readCustomer: Task = (db) =>
  db.selectFrom('order').selectAll().where('customer', '=', below(997)).execute()

const addOrder: Task = (db) =>
  db
    .insertInto('order')
    .values({ customer: below(997), product: `product ${below(83)}`, amount: 1, note: 'x'.repeat(80) })
    .execute()

/** A transaction that thinks: others have to wait for its lock. */
const changeOrders: Task = (db) =>
  db.transaction().execute(async (trx) => {
    const ids = Array.from({ length: 50 }, () => below(ORDERS) + 1)
    await trx
      .updateTable('order')
      .set({ amount: below(20) })
      .where('id', 'in', ids)
      .execute()
    await delay(below(40))
    await trx
      .updateTable('order')
      .set({ amount: below(20) })
      .where('id', 'in', ids)
      .execute()
  })

/** Slow, because no index helps it. */
const report: Task = (db) =>
  db
    .selectFrom('order')
    .select(({ fn }) => ['product', fn.sum('amount').as('sold'), fn.countAll().as('orders')])
    .groupBy('product')
    .orderBy('sold', 'desc')
    .execute()

/** What goes on at the same time, and how long each rests in between, in milliseconds. */
const LOAD: readonly (readonly [task: Task, rest: number])[] = [
  ...Array.from({ length: 6 }, () => [readCustomer, 12] as const),
  [addOrder, 15],
  [addOrder, 15],
  [changeOrders, 60],
  [changeOrders, 60],
  [report, 400],
]

/** Resolves when the signal has fired and all that was under way has ended. */
export async function runLoad(db: Kysely<Database>, signal: AbortSignal): Promise<void> {
  await Promise.all(
    LOAD.map(async ([task, rest]) => {
      while (!signal.aborted) {
        await task(db)
        await delay(below(2 * rest), undefined, { signal }).catch(() => undefined)
      }
    }),
  )
}

function below(limit: number): number {
  return Math.floor(Math.random() * limit)
}
