import { docsOf } from '@poolclass/pools/docs-of'
import { DialectError } from './dialect-error.ts'

/** A statement took longer than `statementTimeout`. */
export class StatementTimeoutError extends DialectError {
  readonly code = 'POOLCLASS_STATEMENT_TIMEOUT'
  readonly docs: string = docsOf(this.code)

  static {
    this.prototype.name = 'StatementTimeoutError'
  }
}

/** @param limit In milliseconds. */
export function readTooLong(label: string, limit: number): StatementTimeoutError {
  return new StatementTimeoutError(
    `The query on ${label} took longer than statementTimeout (${limit} ms), so it was ended. It has changed nothing. ` +
      'Read less at once, add an index, or raise statementTimeout.',
  )
}

/** @param took How long the earlier statement took, in milliseconds. */
export function refusedAfterOverrun(label: string, limit: number, took: number): StatementTimeoutError {
  return new StatementTimeoutError(
    `This statement did not run, because a write before it in the transaction on ${label} took ${Math.round(took)} ms, longer than ` +
      `statementTimeout (${limit} ms). Let this error end the transaction. Write less at once, or raise statementTimeout.`,
  )
}

export function endedWithThread(label: string, limit: number): StatementTimeoutError {
  return new StatementTimeoutError(
    `The statement on ${label} took longer than statementTimeout (${limit} ms) and returned no further row, so its thread was ` +
      'replaced. An open transaction is rolled back. A single write may still be carried out, because SQLite finishes its ' +
      'step, and keeps its locks until then. Do less in one statement, or raise statementTimeout.',
  )
}
