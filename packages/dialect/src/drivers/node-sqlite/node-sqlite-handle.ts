import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { SqliteHandle } from '../local/handle.ts'
import { NodeSqliteStatement } from './node-sqlite-statement.ts'
import { understood } from './sqlite-error.ts'
import { isGap, statementEffect } from './statement-effect.ts'

/** A database of `node:sqlite` that behaves as one of better-sqlite3 does. */
export class NodeSqliteHandle implements SqliteHandle {
  readonly own: DatabaseSync
  readonly #safeIntegers: boolean

  constructor(database: DatabaseSync, safeIntegers: boolean) {
    this.own = database
    this.#safeIntegers = safeIntegers
  }

  get inTransaction(): boolean {
    return this.own.isTransaction
  }

  prepare(sql: string): NodeSqliteStatement {
    const statement = this.#prepareOne(sql)
    const effect = statementEffect(sql, (explanation) => this.own.prepare(explanation).all())
    return new NodeSqliteStatement(statement, effect, this.#safeIntegers)
  }

  pragma(source: string): unknown {
    return this.prepare(`pragma ${source}`).all([])
  }

  loadExtension(path: string, entryPoint?: string): void {
    this.own.enableLoadExtension(true)
    try {
      if (entryPoint === undefined) this.own.loadExtension(path)
      else this.own.loadExtension(path, entryPoint)
    } finally {
      this.own.enableLoadExtension(false)
    }
  }

  close(): void {
    if (this.own.isOpen) this.own.close()
  }

  /** `node:sqlite` prepares the first of several statements, and drops the others without a word. */
  #prepareOne(sql: string): StatementSync {
    if (isGap(sql)) throw new RangeError('The supplied SQL string contains no statements')
    let statement: StatementSync
    try {
      statement = this.own.prepare(sql)
    } catch (error) {
      throw understood(error)
    }
    const { length } = statement.sourceSQL
    if (length < sql.length && !isGap(sql.slice(length)))
      throw new RangeError('The supplied SQL string contains more than one statement')
    return statement
  }
}
