import type { SQLInputValue, StatementSync } from 'node:sqlite'
import type { SqliteStatement } from '../local/handle.ts'
import { bindable, rejectTooFew } from './bound-parameters.ts'
import { type RowBuilder, rowBuilder } from './row-builder.ts'
import { understood } from './sqlite-error.ts'
import type { StatementEffect } from './statement-effect.ts'

/** How many statements were prepared on a connection, each time anew when the schema had changed; undefined if it is not counted. */
export interface Preparations {
  count: number | undefined
}

/** A prepared statement of `node:sqlite` that gives what one of better-sqlite3 gives. */
export class NodeSqliteStatement implements SqliteStatement {
  readonly reader: boolean
  readonly readonly: boolean
  readonly #changesRows: boolean
  readonly #statement: StatementSync
  readonly #preparations: Preparations
  #names: readonly string[]
  /** The count of preparations when they were read. */
  #namesAt: number | undefined
  #builder: RowBuilder | undefined
  /** How many parameters it takes, once they have been counted. */
  #parameters: number | undefined

  /** @param safeIntegers Integers arrive as bigints. */
  constructor(
    statement: StatementSync,
    { readonly, changesRows }: StatementEffect,
    safeIntegers: boolean,
    preparations: Preparations,
  ) {
    this.#statement = statement
    this.#preparations = preparations
    this.#namesAt = preparations.count
    this.#names = namesOf(statement)
    this.reader = this.#names.length > 0
    this.readonly = readonly
    this.#changesRows = changesRows
    if (this.reader) statement.setReturnArrays(true)
    // The rowid of an insert may be beyond what a number holds.
    statement.setReadBigInts(safeIntegers || !this.reader)
  }

  all(parameters: readonly unknown[]): unknown[] {
    const values = this.#checked(parameters)
    try {
      const lists: unknown[] = this.#statement.all(...values)
      return lists.length === 0 ? lists : this.#currentBuilder().rows(lists)
    } catch (error) {
      throw understood(error)
    }
  }

  run(parameters: readonly unknown[]): ReturnType<StatementSync['run']> {
    const values = this.#checked(parameters)
    try {
      const result = this.#statement.run(...values)
      return this.#changesRows ? result : { ...result, changes: 0 }
    } catch (error) {
      throw understood(error)
    }
  }

  iterate(parameters: readonly unknown[]): IterableIterator<unknown> {
    if (!this.reader) throw new TypeError('This statement does not return data. Use run() instead')
    const values = this.#checked(parameters)
    try {
      const lists: Iterator<unknown> = this.#statement.iterate(...values)
      return new Rows(lists, () => this.#currentBuilder())
    } catch (error) {
      throw understood(error)
    }
  }

  #checked(parameters: readonly unknown[]): readonly SQLInputValue[] {
    const values = bindable(parameters)
    if (values.length !== this.#parameters) {
      rejectTooFew(this.#statement, values)
      this.#parameters = values.length
    }
    return values
  }

  /** Called after the first row: when the schema has changed, SQLite prepares the statement anew as it begins to run. */
  #currentBuilder(): RowBuilder {
    const { count } = this.#preparations
    if (count === undefined || count !== this.#namesAt) {
      this.#namesAt = count
      this.#readNames()
    }
    return (this.#builder ??= rowBuilder(this.#names))
  }

  #readNames(): void {
    const names = namesOf(this.#statement)
    if (isSame(names, this.#names)) return
    this.#names = names
    this.#builder = undefined
  }
}

/** The rows of a statement that is read step by step. */
class Rows implements IterableIterator<unknown> {
  #lists: Iterator<unknown> | undefined
  readonly #currentBuilder: () => RowBuilder
  #builder: RowBuilder | undefined

  constructor(lists: Iterator<unknown>, currentBuilder: () => RowBuilder) {
    this.#lists = lists
    this.#currentBuilder = currentBuilder
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<unknown> {
    if (this.#lists === undefined) return END
    try {
      const { done, value } = this.#lists.next()
      if (done === true) return this.return()
      this.#builder ??= this.#currentBuilder()
      return { done: false, value: this.#builder.row(value as unknown[]) }
    } catch (error) {
      // A statement that was refused a lock counts as running until it is reset, and would keep the locks of others.
      this.return()
      throw understood(error)
    }
  }

  return(): IteratorResult<unknown> {
    this.#lists?.return?.()
    this.#lists = undefined
    return END
  }
}

const END: IteratorResult<unknown> = { done: true, value: undefined }

function namesOf(statement: StatementSync): string[] {
  return statement.columns().map(({ name }) => name)
}

function isSame(names: readonly string[], others: readonly string[]): boolean {
  return names.length === others.length && names.every((name, i) => name === others[i])
}
