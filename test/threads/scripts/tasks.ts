/** What the threads of these tests are told to do, the main thread and Piscina's as well. Each has dialects of its own. */
import { PooledSqliteDialect, type PooledSqliteDialectConfig, threadsafety } from '@poolclass/dialect'
import { type ControlledTransaction, Kysely } from 'kysely'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { testedDriver } from '../../support/driver.ts'
import { PlainDatabase } from '../../support/plain-database.ts'
import { run as runOn } from '../../support/statements.ts'
import { type Gate, meetAt } from '../gate.ts'

export type Config = string | PooledSqliteDialectConfig

interface Where {
  readonly config: Config
}

interface Statement extends Where {
  readonly sql: string
}

interface Increments extends Where {
  readonly times: number
  /** All threads begin when the last of them is there. */
  readonly gate: Gate
}

const databases = new Map<string, Kysely<any>>()
let transaction: ControlledTransaction<any> | undefined

function databaseOf(config: Config): Kysely<any> {
  const key = JSON.stringify(config)
  const known = databases.get(key)
  if (known !== undefined) return known
  const given = typeof config === 'string' ? { url: config } : config
  const db = new Kysely<any>({ dialect: new PooledSqliteDialect({ driver: testedDriver, ...given }) })
  databases.set(key, db)
  return db
}

export function run({ config, sql }: Statement): Promise<any[]> {
  return runOn(databaseOf(config), sql)
}

/** Begins a transaction with a statement, and leaves it open. */
export async function begin({ config, sql }: Statement): Promise<void> {
  transaction = await databaseOf(config).startTransaction().execute()
  await runOn(transaction, sql)
}

export async function commit(): Promise<void> {
  await transaction?.commit().execute()
}

/** Reads the first row of a stream in the open transaction, and never the second. */
export async function readOneRowOf({ table }: { readonly table: string }): Promise<unknown> {
  const stream = transaction?.selectFrom(table).selectAll().stream(1)
  return (await stream?.[Symbol.asyncIterator]().next())?.value
}

/** Adds 1 to the value in `counter` and a row to `log`, in one transaction that lets others run in between. */
async function increment(db: Kysely<any>): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const [{ value }] = await runOn(trx, 'select value from counter')
    await nextTurn()
    await runOn(trx, 'update counter set value = ?', value + 1)
    await runOn(trx, 'insert into log values (?)', value + 1)
  })
}

export async function incrementTogether({ config, times, gate }: Increments): Promise<void> {
  const db = databaseOf(config)
  await meetAt(gate)
  await Promise.all(Array.from({ length: times }, () => increment(db)))
}

export async function incrementForEver({ config, gate }: Omit<Increments, 'times'>): Promise<never> {
  const db = databaseOf(config)
  await meetAt(gate)
  for (;;) await increment(db)
}

export async function blockForEver({ gate }: { readonly gate: Gate }): Promise<never> {
  await meetAt(gate)
  for (;;);
}

export function exit(): never {
  process.exit()
}

export function crash(): Promise<never> {
  setImmediate(() => {
    throw new Error('crashed')
  })
  return new Promise(() => {})
}

export function safety(): ReturnType<typeof threadsafety> {
  const database = new PlainDatabase(':memory:')
  try {
    return threadsafety(database)
  } finally {
    database.close()
  }
}

/** Where a pool chooses the thread, a gate sees to it that each of them does this once. */
export async function destroy(gate?: Gate): Promise<void> {
  if (gate !== undefined) await meetAt(gate)
  await Promise.all(Array.from(databases.values(), (db) => db.destroy()))
  databases.clear()
}
