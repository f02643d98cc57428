import type { Place } from '../place.ts'
import type { Db } from '../tables.ts'

/** One way to use SQLite from Node.js, ready for work. There are three sorts, and each case is written for each sort. */
export type Client = KyselyClient | SyncClient | AsyncClient

interface Common {
  /** Runs what prepares a case and what puts it back. Never timed. */
  execute(statement: string): Promise<void>
  /** The first column of the first row. Never timed. */
  value(query: string): Promise<unknown>
  close(): Promise<void>
}

/** A dialect under Kysely's query builder. */
export interface KyselyClient extends Common {
  readonly sort: 'Kysely'
  readonly db: Db
}

/** A driver whose calls return the result. */
export interface SyncClient extends Common {
  readonly sort: 'sync'
  readonly database: SyncDatabase
  /** Opens a second connection to the same database. */
  another(): SyncDatabase
}

/** A driver whose calls return promises. */
export interface AsyncClient extends Common {
  readonly sort: 'async'
  readonly database: AsyncDatabase
  /** Opens a second connection to the same database. */
  another(): Promise<AsyncDatabase>
}

/** What better-sqlite3, node:sqlite and libsql have in common. */
export interface SyncDatabase {
  prepare(sql: string): SyncStatement
  exec(sql: string): unknown
  close(): unknown
}

interface SyncStatement {
  get(...parameters: (string | number)[]): unknown
  all(...parameters: (string | number)[]): unknown[]
  run(...parameters: (string | number)[]): { changes: number | bigint }
  iterate(...parameters: (string | number)[]): Iterable<unknown>
}

export interface AsyncDatabase {
  prepare(sql: string): Promise<AsyncStatement>
  exec(sql: string): Promise<void>
  close(): Promise<void>
}

export interface AsyncStatement {
  get(...parameters: (string | number)[]): Promise<unknown>
  all(...parameters: (string | number)[]): Promise<unknown[]>
  run(...parameters: (string | number)[]): Promise<void>
  /** Calls back for each row, and returns when there are no more. */
  each(onRow: (row: unknown) => void): Promise<void>
  finalize(): Promise<void>
}

/** @param open Opens a connection with the place's pragmas. */
export function syncClient(place: Place, open: () => SyncDatabase): SyncClient {
  const database = open()
  const others: SyncDatabase[] = []
  return {
    sort: 'sync',
    database,
    execute: async (statement) => void database.exec(statement),
    value: async (query) => firstValue(database.prepare(query).get()),
    another: () => {
      refusePrivateMemory(place)
      others.push(open())
      return others.at(-1)!
    },
    close: async () => [database, ...others].forEach((each) => each.close()),
  }
}

/** @param open Opens a connection with the place's pragmas. */
export async function asyncClient(place: Place, open: () => Promise<AsyncDatabase>): Promise<AsyncClient> {
  const database = await open()
  const others: AsyncDatabase[] = []
  return {
    sort: 'async',
    database,
    execute: (statement) => database.exec(statement),
    value: async (query) => {
      const statement = await database.prepare(query)
      const row = await statement.get()
      await statement.finalize()
      return firstValue(row)
    },
    another: async () => {
      refusePrivateMemory(place)
      others.push(await open())
      return others.at(-1)!
    },
    close: async () => void (await Promise.all([database, ...others].map((each) => each.close()))),
  }
}

function refusePrivateMemory(place: Place): void {
  if (place === 'memory') throw new Error('A second connection would be another, empty database.')
}

export function firstValue(row: unknown): unknown {
  return Object.values(row as object)[0]
}
