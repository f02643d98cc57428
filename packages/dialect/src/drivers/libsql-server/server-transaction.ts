import { firstKeyword } from '../../connection/first-keyword.ts'
import { ServerError } from '../../errors/server-errors.ts'
import { TransactionLostError } from '../../errors/session-errors.ts'
import { answeredError, isEndOfTransaction } from './answered-error.ts'
import { describedIn, isAutocommit, unexpected } from './answers.ts'
import type { CursorReader } from './cursor-reader.ts'
import type {
  BatchStep,
  Condition,
  Statement,
  StatementAnswer,
  StreamRequest,
  StreamResult,
} from './protocol.ts'
import type { Sending, ServerStream } from './server-stream.ts'
import { StreamLost } from './stream-lost.ts'
import type { Decoder } from './values.ts'

/**
 * A transaction that is open for its user. The statement that begins it is sent together with the first statement that follows.
 *
 * Each statement is carried out on the condition that a transaction is open. The server ends a transaction that keeps others
 * waiting. Without the condition, each later statement would be saved on its own.
 */
export class ServerTransaction {
  readonly #stream: ServerStream
  /** The statement that begins it; undefined once it has begun. */
  #begin: string | undefined
  #hasEnded = false

  /** @param begin Absent if it has begun already. */
  constructor(stream: ServerStream, begin?: string) {
    this.#stream = stream
    this.#begin = begin
  }

  /** Whether the server knows of the transaction. */
  get hasBegun(): boolean {
    return this.#begin === undefined
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /**
   * @returns undefined for a rollback after the server has ended the transaction, because nothing is left to do.
   * @throws TransactionLostError
   */
  async execute(stmt: Statement, signal?: AbortSignal): Promise<StatementAnswer | undefined> {
    const begin = this.#begin
    const steps: BatchStep[] =
      begin === undefined ? [{ stmt, condition: IN_TRANSACTION }] : beginning(begin, stmt)
    const requests: StreamRequest[] = [{ type: 'batch', batch: { steps } }, { type: 'get_autocommit' }]
    const results = await this.#send(
      (sending) => this.#stream.run(requests, { ...sending, signal }),
      stmt.sql,
    )
    const [answer, autocommit] = results as [StreamResult, StreamResult]
    if (begin !== undefined && hasSucceeded(answer)) this.#begin = undefined
    this.#hasEnded = this.hasBegun && isAutocommit(autocommit)
    if (answer.type === 'error') throw answeredError(answer.error, stmt.sql)
    if (answer.response.type !== 'batch') throw unexpected(answer)
    const { step_results: done, step_errors: errors } = answer.response.result
    if (begin !== undefined && errors[0]) throw answeredError(errors[0], begin)
    const error = errors.at(-1)
    if (error && !isEndOfTransaction(error)) throw answeredError(error, stmt.sql)
    return done.at(-1) ?? this.#lost(stmt.sql)
  }

  /**
   * Asks the server to parse the statement before it opens the cursor. A statement that cannot be parsed would end the stream,
   * and the transaction with it.
   */
  async open(stmt: Statement, decoder: Decoder, signal: AbortSignal): Promise<CursorReader> {
    if (!this.hasBegun) await this.execute({ sql: 'select 1', args: [] }, signal)
    const batch = { steps: [{ stmt, condition: IN_TRANSACTION }] }
    const [described] = await this.#send(
      (sending) => this.#stream.run([{ type: 'describe', sql: stmt.sql }], { ...sending, signal }),
      stmt.sql,
    )
    describedIn(described!, stmt.sql)
    return await this.#send(
      (sending) => this.#stream.open(batch, stmt.sql, decoder, { ...sending, signal }),
      stmt.sql,
    )
  }

  /** Sends a statement of the transaction. Its outcome can be in doubt only if it commits. */
  async #send<T>(send: (sending: Sending) => Promise<T>, sql: string): Promise<T> {
    const keyword = firstKeyword(sql)
    try {
      return await send({ inTransaction: this.hasBegun, isUndone: keyword !== 'commit' && keyword !== 'end' })
    } catch (error) {
      if (error instanceof StreamLost) return this.#throwLost()
      // The baton of the stream is lost, so the stream ends, and the transaction that is open on it ends, too.
      this.#hasEnded = this.hasBegun || !isNotSent(error)
      throw error
    }
  }

  #lost(sql: string): undefined {
    this.#hasEnded = true
    if (firstKeyword(sql) !== 'rollback') this.#throwLost()
  }

  #throwLost(): never {
    this.#hasEnded = true
    throw new TransactionLostError({ endedBy: 'server' })
  }
}

/** Whether the first step of a batch has succeeded. */
function hasSucceeded(answer: StreamResult): boolean {
  return (
    answer.type === 'ok' &&
    answer.response.type === 'batch' &&
    Boolean(answer.response.result.step_results[0])
  )
}

function isNotSent(error: unknown): boolean {
  return error instanceof ServerError && error.outcome === 'not done'
}

function beginning(begin: string, stmt: Statement): BatchStep[] {
  const condition: Condition = { type: 'and', conds: [{ type: 'ok', step: 0 }, IN_TRANSACTION] }
  return [{ stmt: { sql: begin, args: [] } }, { stmt, condition }]
}

const IN_TRANSACTION: Condition = { type: 'not', cond: { type: 'is_autocommit' } }
