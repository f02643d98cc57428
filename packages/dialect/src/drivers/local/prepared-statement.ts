import type { StatementKind, StatementResult } from '../../connection/connection.ts'
import type { SqliteStatement } from './handle.ts'
import { type TransactionEffect, transactionEffect } from './transaction-state.ts'

export interface PreparedStatement extends StatementKind {
  readonly sql: string
  readonly statement: SqliteStatement
  readonly effect: TransactionEffect
  /** How many times in a row it was quick, where there is a limit of its time. */
  quickRuns: number
}

export function preparedStatement(statement: SqliteStatement, sql: string): PreparedStatement {
  const { readonly, reader } = statement
  return { sql, statement, readonly, reader, effect: transactionEffect(sql), quickRuns: 0 }
}

/**
 * Runs a statement to its end, at once.
 *
 * @param oneByOne The statement takes each parameter as an argument, instead of all of them in an array.
 */
export function runStatement(
  { statement, reader }: PreparedStatement,
  parameters: readonly unknown[],
  oneByOne: boolean,
): StatementResult {
  if (reader) return { rows: oneByOne ? statement.all(...parameters) : statement.all(parameters) }
  const { changes, lastInsertRowid } = oneByOne ? statement.run(...parameters) : statement.run(parameters)
  return { insertId: BigInt(lastInsertRowid), numAffectedRows: BigInt(changes), rows: [] }
}
