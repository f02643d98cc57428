import { CompiledQuery, type Kysely } from 'kysely'
import type { PlainDatabase } from './plain-database.ts'

/** What has `executeQuery`: a Kysely instance, what `db.connection()` lends, a transaction. */
export type Executor = Pick<Kysely<any>, 'executeQuery'>

/** What a statement gave: its rows, or the code of the error. */
export type Outcome = unknown[] | { readonly code: string }

/** Runs one statement as a query of its own, and returns its rows. */
export async function run(db: Executor, sql: string, ...parameters: unknown[]): Promise<any[]> {
  const { rows } = await db.executeQuery(CompiledQuery.raw(sql, parameters))
  return rows
}

/** The error that a function throws; fails where it does not throw. */
export function thrownBy(act: () => unknown): Error & { readonly code: string } {
  try {
    act()
  } catch (error) {
    return error as Error & { readonly code: string }
  }
  throw new Error('expected an exception')
}

/** Runs a statement and tells what came of it. */
export async function outcomeOf(db: Executor, sql: string, ...parameters: unknown[]): Promise<Outcome> {
  try {
    return await run(db, sql, ...parameters)
  } catch (error) {
    return { code: (error as { code: string }).code }
  }
}

/** The same on a plain handle: what a user of one connection sees. */
export function plainOutcomeOf(database: PlainDatabase, sql: string, ...parameters: unknown[]): Outcome {
  try {
    const statement = database.prepare(sql)
    if (statement.reader) return statement.all(...parameters)
    statement.run(...parameters)
    return []
  } catch (error) {
    return { code: (error as { code: string }).code }
  }
}

/** Runs `sql` on `count` connections that are all held at the same time, and returns the rows of each. */
export async function onEachOf(db: Kysely<any>, count: number, sql: string): Promise<unknown[][]> {
  let arrived = 0
  const { promise: all, resolve } = Promise.withResolvers<void>()
  const visit = (): Promise<unknown[]> =>
    db.connection().execute(async (connection) => {
      const rows = await run(connection, sql)
      arrived += 1
      if (arrived === count) resolve()
      await all
      return rows
    })
  return Promise.all(Array.from({ length: count }, visit))
}

/** A list of `count` times the same. */
export function times<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value)
}
