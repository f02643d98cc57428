/**
 * ZenStack 3 over this dialect: nested writes, what is left of those that fail, and its access policies.
 *
 * After `npx -y pnpm@12.21.0 start`, run it with `npx -y pnpm@12.21.0 exec node examples/zenstack/orders.ts`.
 */
import { PooledSqliteDialect, type PooledSqliteDialectConfig } from '@poolclass/dialect'
import { ORMError, ZenStackClient } from '@zenstackhq/orm'
import { PolicyPlugin } from '@zenstackhq/plugin-policy'
import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { printStep, printTable, printText } from '../print.ts'
import { schema } from './schema.ts'

const CUSTOMERS = 32

await using folder = await mkdtempDisposable(join(tmpdir(), 'poolclass-zenstack-'))
printStep(
  'Nested writes',
  `${CUSTOMERS} customers order at once. Each call creates a customer, an order and two lines, and connects the lines to ` +
    'products. ZenStack makes that one transaction. Orders beside them fail half-way, and leave nothing.',
)
const pragmas = { journal_mode: 'wal', synchronous: 'normal' }
printTable(
  ['database', 'pool class', 'customers', 'orders', 'lines', 'connections opened'],
  [
    await takeOrders('a file', { url: join(folder.path, 'one.db'), pragmas }),
    await takeOrders('a file', { url: join(folder.path, 'two.db'), poolclass: 'QueuePool', pragmas }),
    await takeOrders(':memory:', { url: ':memory:' }),
  ],
)
await showPolicies()

type Shop = ReturnType<typeof openShop>

function openShop(dialect: PooledSqliteDialect) {
  return new ZenStackClient(schema, { dialect })
}

async function takeOrders(database: string, config: PooledSqliteDialectConfig): Promise<(string | number)[]> {
  const dialect = new PooledSqliteDialect({ driver: 'node:sqlite', ...config })
  const shop = openShop(dialect)
  await fill(shop)
  const [orders, failures] = await Promise.all([
    Promise.all(Array.from({ length: CUSTOMERS }, (_, n) => order(shop, `Customer ${n}`, 'cup'))),
    Promise.all(
      ['saucer', 'spoon'].map((missing) => order(shop, missing, missing).catch((error: unknown) => error)),
    ),
  ])
  for (const error of failures) assert(error instanceof ORMError && error.reason === 'not-found')
  for (const customer of orders) assert.deepEqual(linesOf(customer), ['1 pot', '2 cup'])
  const { poolclass, opened, checkedOut } = dialect.pool.status()
  assert.equal(checkedOut, 0)
  const counts = [await shop.customer.count(), await shop.order.count(), await shop.line.count()]
  assert.deepEqual(counts, [CUSTOMERS, CUSTOMERS, 2 * CUSTOMERS])
  await shop.$disconnect()
  return [database, poolclass, ...counts, opened]
}

/** The tables, as `zenstack db push` makes them, and the products. */
async function fill(shop: Shop): Promise<void> {
  await shop.$pushSchema()
  await shop.product.createMany({ data: [{ name: 'pot' }, { name: 'cup' }] })
}

/** ZenStack infers this, but for `any` where TypeScript's `moduleResolution` is `nodenext`, as it is here. */
interface Customer {
  readonly id: number
  readonly orders: readonly {
    readonly lines: readonly { readonly quantity: number; readonly product: { readonly name: string } }[]
  }[]
}

function linesOf({ orders }: Customer): string[] {
  return orders.flatMap(({ lines }) => lines.map(({ quantity, product }) => `${quantity} ${product.name}`))
}

function order(shop: Shop, name: string, second: string): Promise<Customer> {
  return shop.customer.create({
    data: {
      name,
      orders: {
        create: {
          number: `Order of ${name}`,
          lines: {
            create: [
              { quantity: 1, product: { connect: { name: 'pot' } } },
              { quantity: 2, product: { connect: { name: second } } },
            ],
          },
        },
      },
    },
    include: { orders: { include: { lines: { include: { product: true } } } } },
  })
}

async function showPolicies(): Promise<void> {
  printStep(
    'Access policies',
    'In schema.zmodel, an order belongs to its customer. The policy plugin adds that to each query.',
  )
  const shop = openShop(new PooledSqliteDialect({ driver: 'node:sqlite', url: ':memory:' }))
  await fill(shop)
  const [ada] = await Promise.all(['Ada', 'Bob'].map((name) => order(shop, name, 'cup')))
  const guarded = shop.$use(new PolicyPlugin())
  const asAda = guarded.$setAuth({ id: ada!.id })
  const seen = [guarded, asAda, shop].map((client) => client.order.count())
  assert.deepEqual(await Promise.all(seen), [0, 1, 2])
  printText('Nobody sees 0 orders, Ada sees 1, and the application itself sees 2.')

  const refused: unknown = await asAda.order
    .create({ data: { number: 'For Bob', customer: { connect: { name: 'Bob' } } } })
    .catch((error: unknown) => error)
  assert(refused instanceof ORMError && refused.reason === 'rejected-by-policy')
  printText(`Ada orders in the name of Bob: ${refused.message}.`)
  assert.equal(await shop.order.count(), 2)
  await shop.$disconnect()
}
