import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { SqliteHandle } from '../local/handle.ts'
import { NodeSqliteStatement, type Preparations } from './node-sqlite-statement.ts'
import { understood } from './sqlite-error.ts'
import { isGap, statementEffect } from './statement-effect.ts'

/** A database of `node:sqlite` that behaves as one of better-sqlite3 does. */
export class NodeSqliteHandle implements SqliteHandle {
  readonly #database: DatabaseSync
  readonly #safeIntegers: boolean
  readonly #preparations: Preparations = { count: undefined }

  constructor(database: DatabaseSync, safeIntegers: boolean) {
    this.#database = database
    this.#safeIntegers = safeIntegers
  }

  /**
   * Makes SQLite report every statement that it prepares, from Node.js 24.10 on. Only for a database without another
   * authorizer.
   */
  countPreparations(): this {
    if (typeof this.#database.setAuthorizer !== 'function') return this
    const preparations = this.#preparations
    let count = 0
    preparations.count = count
    this.#database.setAuthorizer(() => {
      count += 1
      if (preparations.count !== undefined) preparations.count = count
      return OK
    })
    return this
  }

  /** Who has it may set an authorizer, and nothing is counted any more. */
  get own(): DatabaseSync {
    this.#preparations.count = undefined
    return this.#database
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction
  }

  prepare(sql: string): NodeSqliteStatement {
    const statement = this.#prepareOne(sql)
    const effect = statementEffect(sql, (explanation) => this.#database.prepare(explanation).all())
    return new NodeSqliteStatement(statement, effect, this.#safeIntegers, this.#preparations)
  }

  pragma(source: string): unknown {
    return this.prepare(`pragma ${source}`).all([])
  }

  exec(sql: string): void {
    try {
      this.#database.exec(sql)
    } catch (error) {
      throw understood(error)
    }
  }

  loadExtension(path: string, entryPoint?: string): void {
    this.#database.enableLoadExtension(true)
    try {
      if (entryPoint === undefined) this.#database.loadExtension(path)
      else this.#database.loadExtension(path, entryPoint)
    } finally {
      this.#database.enableLoadExtension(false)
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  /** `node:sqlite` prepares the first of several statements, and drops the others without a word. */
  #prepareOne(sql: string): StatementSync {
    if (isGap(sql)) throw new RangeError('The supplied SQL string contains no statements')
    let statement: StatementSync
    try {
      statement = this.#database.prepare(sql)
    } catch (error) {
      throw understood(error)
    }
    const { length } = statement.sourceSQL
    if (length < sql.length && !isGap(sql.slice(length)))
      throw new RangeError('The supplied SQL string contains more than one statement')
    return statement
  }
}

/** https://www.sqlite.org/c3ref/set_authorizer.html */
const OK = 0
