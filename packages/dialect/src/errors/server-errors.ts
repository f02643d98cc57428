import { docsOf } from '@poolclass/pools/docs-of'
import { DialectError } from './dialect-error.ts'

/**
 * What became of a request that was not answered as the protocol has it.
 *
 * - `unreachable`: there was no connection, so nothing was sent.
 * - `cut`: the connection ended before the answer was complete.
 * - `timeout`: there was no answer within `connectArgs.requestTimeout`.
 * - `status`: the HTTP answer has another status than 200; `error.status` is that.
 * - `redirect`: the answer leads to another URL.
 * - `answer`: the answer is none of the protocol's.
 */
export type ServerErrorReason = 'unreachable' | 'cut' | 'timeout' | 'status' | 'redirect' | 'answer'

/** What became of the statement: it was not begun, was undone with its transaction, or nobody knows. */
export type Outcome = 'not done' | 'undone' | 'unknown'

export interface ServerErrorDetails extends ErrorOptions {
  readonly reason: ServerErrorReason
  readonly status?: number
  readonly outcome: Outcome
}

/**
 * A libSQL server could not be asked, or has not answered as it should. Errors of SQLite that it has answered with are
 * SqliteErrors.
 */
export class ServerError extends DialectError {
  readonly code = 'POOLCLASS_SERVER'
  readonly docs: string = docsOf(this.code)
  readonly reason: ServerErrorReason
  /** Whether the statement may have been carried out. It is never sent again if so, unless it only reads. */
  readonly mayHaveHappened: boolean
  readonly outcome: Outcome
  /** The status of the HTTP answer, if there was one. */
  readonly status: number | undefined
  readonly #source: ConstructorParameters<typeof ServerError>

  static {
    this.prototype.name = 'ServerError'
  }

  /** @param problem A clause behind the name of the server. */
  constructor(server: string, problem: string, details: ServerErrorDetails) {
    const { reason, status, outcome, ...options } = details
    super(`The libSQL server ${server} ${problem}. ${OUTCOMES[outcome]}`, options)
    this.reason = reason
    this.status = status
    this.outcome = outcome
    this.mayHaveHappened = outcome === 'unknown'
    this.#source = [server, problem, details]
  }

  /** One of its own for another statement of the request, because those who catch an error add to it. */
  again(): ServerError {
    return new ServerError(...this.#source)
  }
}

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  'not done': 'The statement was not carried out.',
  undone: 'Its transaction is rolled back, and nothing of it is saved.',
  unknown: 'The statement may have been carried out or not, so it is not sent again.',
}
