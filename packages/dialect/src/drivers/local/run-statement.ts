import type { StatementResult } from '../../connection/connection.ts'
import type { PreparedStatement } from './statement-cache.ts'

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
