import type { PooledSqliteDialect } from '@poolclass/dialect'
import { type Kysely, sql } from 'kysely'
import { expect, vi } from 'vitest'

interface Counter {
  id: number
  value: number
}

export interface CounterDatabase {
  counter: Counter
}

/** Creates the counters 1 to `count`, all at 0. */
export async function createCounters(db: Kysely<CounterDatabase>, count: number = 1): Promise<void> {
  await db.schema
    .createTable('counter')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('value', 'integer', (column) => column.notNull())
    .execute()
  const rows = Array.from({ length: count }, (_, index) => ({ id: index + 1, value: 0 }))
  await db.insertInto('counter').values(rows).execute()
}

export function insert(db: Kysely<CounterDatabase>, id: number, value: number = 0): Promise<unknown> {
  return db.insertInto('counter').values({ id, value }).execute()
}

export async function ids(db: Kysely<CounterDatabase>): Promise<number[]> {
  const rows = await db.selectFrom('counter').select('id').orderBy('id').execute()
  return rows.map(({ id }) => id)
}

export async function valueOf(db: Kysely<CounterDatabase>, id: number = 1): Promise<number> {
  const { value } = await db
    .selectFrom('counter')
    .select('value')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return value
}

export async function rowsOf<Row>(stream: AsyncIterable<Row>): Promise<Row[]> {
  const rows: Row[] = []
  for await (const row of stream) rows.push(row)
  return rows
}

/** Reads, lets others run, writes back one more: whoever comes in between is lost. */
export async function increment(db: Kysely<CounterDatabase>, id: number = 1): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const value = await valueOf(trx, id)
    await Promise.resolve()
    await trx
      .updateTable('counter')
      .set({ value: value + 1 })
      .where('id', '=', id)
      .execute()
  })
}

export async function journalMode(db: Kysely<CounterDatabase>): Promise<string | undefined> {
  const { rows } = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(db)
  return rows[0]?.journal_mode
}

/** Nobody has a connection, nobody waits for one. */
export function expectAllReturned({ pool }: PooledSqliteDialect): void {
  expect(pool.status()).toMatchObject({ checkedOut: 0, waiting: 0 })
}

/** As `expectAllReturned`, after an abort: the caller is free at once, and what it had is on its way back. */
export async function untilAllReturned(dialect: PooledSqliteDialect): Promise<void> {
  await vi.waitFor(() => expectAllReturned(dialect), { timeout: 20_000, interval: 5 })
}

/** A transaction that is open, and stays so until it is told to end, in an asynchronous context of its own. */
export interface OpenTransaction {
  /** Commits. */
  end(): Promise<void>
}

/** Begins a transaction and returns once it has begun. */
export async function holdWriteLock(
  db: Kysely<CounterDatabase>,
  inside: (trx: Kysely<CounterDatabase>) => Promise<unknown> = async () => {},
): Promise<OpenTransaction> {
  const begun = Promise.withResolvers<void>()
  const ending = Promise.withResolvers<void>()
  const transaction = db.transaction().execute(async (trx) => {
    await inside(trx)
    begun.resolve()
    await ending.promise
  })
  await Promise.race([begun.promise, transaction])
  return {
    end: () => {
      ending.resolve()
      return transaction
    },
  }
}
