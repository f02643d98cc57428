import type { Db } from '../data.ts'

/** One way to use SQLite from Node.js, ready for work: a dialect under Kysely's query builder, or a driver without Kysely. */
export type Client = DialectClient | DriverClient

interface Common {
  /** Runs what prepares a case and what puts it back. Never timed. */
  execute(sql: string): unknown
  /** The first column of the first row. Never timed. */
  value(sql: string): Promise<unknown>
}

export interface DialectClient extends Common {
  readonly db: Db
}

export interface DriverClient extends Common, Pick<Database, 'prepare'> {
  /** Opens a second connection to the same database. */
  another(): MaybePromise<Database>
}

/** Some drivers return results, others promises of them. */
export type MaybePromise<T> = T | Promise<T>

export interface Database {
  prepare(sql: string): MaybePromise<Statement>
  exec(sql: string): unknown
}

export interface Statement {
  get?(...parameters: unknown[]): unknown
  all(...parameters: unknown[]): MaybePromise<unknown[]>
  run(...parameters: unknown[]): unknown
  /** One of the two reads row by row: `each` returns when there are no more. */
  iterate?(...parameters: unknown[]): Iterable<unknown>
  each?(onRow: (row: unknown) => void): Promise<void>
}

export interface Location {
  /** What SQLite is told to open. */
  readonly name: string
  readonly pragmas: Readonly<Record<string, string>>
}

/** For those who have no other way to set them. */
export function pragmaStatements({ pragmas }: Location): string {
  const statements = Object.entries(pragmas).map(([name, value]) => `pragma ${name} = ${value};`)
  return statements.join('')
}
