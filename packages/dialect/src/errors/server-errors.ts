import { docsOf } from '@poolclass/pools/docs-of'
import { DialectError } from './dialect-error.ts'

/**
 * Why a request has no answer that follows the protocol.
 *
 * - `unreachable`: there was no connection, so nothing was sent.
 * - `cut`: the connection ended before the answer was complete.
 * - `timeout`: there was no answer within `connectArgs.requestTimeout`.
 * - `status`: the HTTP answer has a status other than 200, see `error.status`.
 * - `redirect`: the answer redirects to another URL.
 * - `answer`: the answer does not follow the protocol.
 * - `size`: the answer is longer than a string of JavaScript can be.
 */
export type ServerErrorReason = 'unreachable' | 'cut' | 'timeout' | 'status' | 'redirect' | 'answer' | 'size'

/** What happened to the statement. It was not begun, it was undone with its transaction, or its outcome is not known. */
export type Outcome = 'not done' | 'undone' | 'unknown'

export interface ServerErrorDetails extends ErrorOptions {
  readonly reason: ServerErrorReason
  readonly status?: number
  readonly retryAfter?: number | undefined
  readonly outcome: Outcome
}

/**
 * A libSQL server could not be reached, or did not answer as it should. If it answers with an error of SQLite, the error is a
 * SqliteError instead.
 */
export class ServerError extends DialectError {
  readonly code = 'POOLCLASS_SERVER'
  readonly docs: string = docsOf(this.code)
  readonly reason: ServerErrorReason
  /** Whether the statement may have been carried out. If so, it is never sent again, unless it only reads. */
  readonly mayHaveHappened: boolean
  readonly outcome: Outcome
  /** The status of the HTTP answer, if there was one. */
  readonly status: number | undefined
  /** How long the server wants a refused request to wait, in milliseconds, if it said so with `Retry-After`. */
  readonly retryAfter: number | undefined
  readonly #source: ConstructorParameters<typeof ServerError>

  static {
    this.prototype.name = 'ServerError'
  }

  /** @param problem A clause that follows the name of the server. */
  constructor(server: string, problem: string, details: ServerErrorDetails) {
    const { reason, status, retryAfter, outcome, ...options } = details
    super(`The libSQL server ${server} ${problem}. ${OUTCOMES[outcome]}`, options)
    this.reason = reason
    this.status = status
    this.retryAfter = retryAfter
    this.outcome = outcome
    this.mayHaveHappened = outcome === 'unknown'
    this.#source = [server, problem, details]
  }

  /** A copy for another statement of the request. Each statement needs its own, because code that catches an error adds to it. */
  again(): ServerError {
    return new ServerError(...this.#source)
  }
}

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  'not done': 'The statement was not carried out.',
  undone: 'Its transaction is rolled back, and nothing of it is saved.',
  unknown: 'The statement may have been carried out or not, so it is not sent again.',
}
