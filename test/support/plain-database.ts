import type { CreatedDatabase } from '@poolclass/dialect'
import type BetterSqlite3 from 'better-sqlite3'
import { createRequire } from 'node:module'
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { understood } from '../../packages/dialect/src/drivers/node-sqlite/sqlite-error.ts'
import { testedDriver } from './driver.ts'

/** What the tests need of a handle, in better-sqlite3's words. */
export interface PlainDatabase {
  readonly open: boolean
  readonly inTransaction: boolean
  prepare(sql: string): PlainStatement
  function(name: string, act: (...given: any[]) => any): this
  exec(sql: string): this
  pragma(source: string, options?: { simple?: boolean }): any
  close(): this
}

interface PlainStatement {
  readonly reader: boolean
  all(...parameters: unknown[]): any[]
  get(...parameters: unknown[]): any
  iterate(...parameters: unknown[]): IterableIterator<unknown>
  run(...parameters: unknown[]): unknown
  pluck(): PlainStatement
}

interface PlainOptions {
  readonly timeout?: number
}

/** A `DatabaseSync` with the manners of better-sqlite3. */
class PlainNodeSqlite implements PlainDatabase {
  readonly handle: DatabaseSync

  constructor(filename: string, { timeout = 5000 }: PlainOptions = {}) {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
    this.handle = new DatabaseSync(filename, { timeout, defensive: false })
  }

  get open(): boolean {
    return this.handle.isOpen
  }

  get inTransaction(): boolean {
    return this.handle.isTransaction
  }

  prepare(sql: string): PlainStatement {
    return new PlainNodeStatement(withNamedCode(() => this.handle.prepare(sql)))
  }

  exec(sql: string): this {
    withNamedCode(() => this.handle.exec(sql))
    return this
  }

  pragma(source: string, { simple = false }: { simple?: boolean } = {}): unknown {
    const statement = this.prepare(`pragma ${source}`)
    return simple ? statement.pluck().get() : statement.all()
  }

  function(name: string, act: (...given: any[]) => any): this {
    this.handle.function(name, act)
    return this
  }

  close(): this {
    if (this.handle.isOpen) this.handle.close()
    return this
  }
}

class PlainNodeStatement implements PlainStatement {
  readonly #statement: StatementSync
  #isPlucked = false

  constructor(statement: StatementSync) {
    this.#statement = statement
  }

  get reader(): boolean {
    return this.#statement.columns().length > 0
  }

  all(...parameters: unknown[]): unknown[] {
    const rows = withNamedCode(() => this.#statement.all(...flat(parameters)))
    return rows.map((row) => (this.#isPlucked ? Object.values(row)[0] : Object.assign({}, row)))
  }

  get(...parameters: unknown[]): unknown {
    return this.all(...parameters)[0]
  }

  *iterate(...parameters: unknown[]): IterableIterator<unknown> {
    const rows = this.#statement.iterate(...flat(parameters))
    try {
      yield* rows
    } catch (error) {
      rows.return?.()
      throw understood(error)
    }
  }

  run(...parameters: unknown[]): unknown {
    return withNamedCode(() => this.#statement.run(...flat(parameters)))
  }

  pluck(): this {
    this.#isPlucked = true
    return this
  }
}

function flat(parameters: unknown[]): SQLInputValue[] {
  return parameters.flat().map((value) => (value ?? null) as SQLInputValue)
}

function withNamedCode<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw understood(error)
  }
}

/**
 * A connection that the dialect knows nothing of, by the library of the driver under test: two libraries in one process
 * would not see each other's locks, https://www.sqlite.org/howtocorrupt.html#multiple_copies_of_sqlite_linked_into_the_same_application
 */
export const PlainDatabase: new (filename: string, options?: PlainOptions) => PlainDatabase =
  testedDriver === 'node:sqlite'
    ? PlainNodeSqlite
    : (createRequire(import.meta.url)(testedDriver) as typeof BetterSqlite3)

/** What a creator returns for it. */
export function handleOf(database: PlainDatabase): CreatedDatabase {
  return database instanceof PlainNodeSqlite ? database.handle : database
}

/** A handle as the driver's library gives it. */
export interface LibraryDatabase extends CreatedDatabase {
  exec(sql: string): unknown
  /** Of better-sqlite3; a method of `node:sqlite`. */
  readonly open?: unknown
  /** Of `node:sqlite`. */
  readonly isOpen?: boolean
}

/** The class of the driver's library whose instances creators return. */
export const LibraryDatabase: new (filename: string, options?: object) => LibraryDatabase =
  testedDriver === 'node:sqlite'
    ? process.getBuiltinModule('node:sqlite').DatabaseSync
    : createRequire(import.meta.url)(testedDriver)

/** The statement by which a module of JavaScript imports that class as `Database`. */
export const IMPORT_OF_DATABASE: string =
  testedDriver === 'node:sqlite'
    ? "import { DatabaseSync as Database } from 'node:sqlite'"
    : `import Database from ${JSON.stringify(import.meta.resolve(testedDriver))}`

export function isOpen(database: LibraryDatabase): unknown {
  return database.isOpen ?? database.open
}
