import type { SessionKeyword } from '../connection/first-keyword.ts'
import type { Connection } from '../connection/connection.ts'
import { runAttachment } from './attachment.ts'
import { runPragma } from './pragma.ts'
import type { SessionStatementOutcome, Surroundings } from './statement-surroundings.ts'

/**
 * Runs a `PRAGMA`, `ATTACH` or `DETACH`. Only the statement itself is repeated while a lock is in its way, not what is
 * asked before and after it.
 */
export function runSessionStatement(
  keyword: SessionKeyword,
  connection: Connection,
  sql: string,
  parameters: readonly unknown[],
  surroundings: Surroundings,
): Promise<SessionStatementOutcome> {
  const runStatement = keyword === 'pragma' ? runPragma : runAttachment
  return runStatement(connection, sql, parameters, surroundings)
}
