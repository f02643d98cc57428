import type { Answer } from './endpoint.ts'
import { type Conditions, outcomeOf } from './exchange.ts'
import type { StatementKind } from '../../connection/connection.ts'
import { answeredError } from './answered-error.ts'
import type {
  BatchAnswer,
  PipelineResponse,
  ProtocolError,
  StatementAnswer,
  StreamRequest,
  StreamResponse,
  StreamResult,
} from './protocol.ts'
import type { Refused } from './refusal.ts'
import { ServerError } from '../../errors/server-errors.ts'

/** @throws ServerError for an answer that does not follow the protocol. */
export function pipelineResponse(
  server: string,
  answer: Answer,
  requests: readonly StreamRequest[],
  conditions: Conditions,
): PipelineResponse {
  if (answer.status !== 200) throw statusError(server, answer, conditions)
  const response = parsed(answer.body)
  if (isPipelineResponse(response, requests)) return response
  throw new ServerError(server, NOT_HRANA, {
    reason: 'answer',
    status: answer.status,
    outcome: outcomeOf(conditions),
  })
}

/** @throws the error that the statement failed with */
export function executed(answer: StreamResult, sql: string): StatementAnswer {
  if (answer.type === 'error') throw answeredError(answer.error, sql)
  if (answer.response.type !== 'execute') throw unexpected(answer)
  return answer.response.result
}

/** @throws the error that the server found in the statement */
export function describedIn(answer: StreamResult, sql: string): StatementKind {
  if (answer.type === 'error') throw answeredError(answer.error, sql)
  if (answer.response.type !== 'describe') throw unexpected(answer)
  const { is_readonly: readonly, cols } = answer.response.result
  return { readonly, reader: cols.length > 0 }
}

export function isAutocommit(answer: StreamResult | undefined): boolean {
  return answer?.type === 'ok' && answer.response.type === 'get_autocommit' && answer.response.is_autocommit
}

export function unexpected(answer: StreamResult): Error {
  return new Error(`The libSQL server has answered something else than was asked: ${JSON.stringify(answer)}`)
}

/** Why a cursor has not begun. If the server cannot parse the statement, it answers with an HTTP status that says so. */
export function cursorRefusal(server: string, answer: Answer, sql: string): Error {
  const { error } = (parsed(answer.body) ?? {}) as { error?: unknown }
  const [, message] = /^Internal Error: `(SQL .*)`$/s.exec(typeof error === 'string' ? error : '') ?? []
  if (message === undefined) return statusError(server, answer, { isUndone: false })
  const code = CODES.find(([start]) => message.startsWith(start))?.[1] ?? 'SQL_PARSE_ERROR'
  return answeredError({ message, code }, sql)
}

function statusError(server: string, answer: Answer, conditions: Conditions): ServerError {
  const { status, body, refused } = answer
  if (status >= 300 && status < 400) {
    return new ServerError(
      server,
      `answers with a redirect (${status}), which is not followed, because the token is for this server alone. Use the URL that it leads to`,
      { reason: 'redirect', status, outcome: 'not done' },
    )
  }
  const meaning = MEANINGS.get(status) ?? ''
  const patience = refused === undefined ? '' : patienceOf(refused)
  const said = body === '' ? '' : `: ${body.slice(0, MOST_SHOWN)}`
  return new ServerError(server, `answers with the status ${status}${meaning}${patience}${said}`, {
    reason: 'status',
    status,
    retryAfter: refused?.retryAfter,
    outcome: status < 500 ? 'not done' : outcomeOf(conditions),
  })
}

function patienceOf({ attempts, duration, retryAfter }: Refused): string {
  const tried = attempts === 1 ? '' : ` to ${attempts} requests within ${Math.round(duration)} ms`
  return retryAfter === undefined ? tried : `${tried}, and asks for a pause of ${retryAfter} ms`
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function isPipelineResponse(
  response: unknown,
  requests: readonly StreamRequest[],
): response is PipelineResponse {
  const { baton, results } = (response ?? {}) as Unchecked<PipelineResponse>
  return (
    (typeof baton === 'string' || baton === null) &&
    Array.isArray(results) &&
    results.length === requests.length &&
    requests.every(({ type }, i) => isResultOf(type, results[i]))
  )
}

function isResultOf(type: StreamRequest['type'], answer: unknown): boolean {
  const { error, response } = (answer ?? {}) as Unchecked<{ error: ProtocolError; response: StreamResponse }>
  if (error !== undefined) return typeof (error as Unchecked<ProtocolError> | null)?.message === 'string'
  const given = (response ?? {}) as Unchecked<{ type: string; result: object }>
  if (given.type !== type) return false
  const result = (given.result ?? {}) as Unchecked<StatementAnswer & BatchAnswer>
  if (type === 'execute') return Array.isArray(result.cols) && Array.isArray(result.rows)
  return type !== 'batch' || (Array.isArray(result.step_results) && Array.isArray(result.step_errors))
}

/** A value from the network, with properties that are not checked yet. */
type Unchecked<T> = { readonly [K in keyof T]?: unknown }

const CODES = [
  ['SQL string does not contain', 'SQL_NO_STATEMENT'],
  ['SQL string contains more', 'SQL_MANY_STATEMENTS'],
] as const

const MEANINGS: ReadonlyMap<number, string> = new Map([
  [401, ' (it does not accept the token in connectArgs.authToken, or needs one)'],
  [403, ' (the token does not allow it)'],
  [429, ' (it has no connection free, or it limits how many requests it takes)'],
  [404, ' (there is no database behind this URL)'],
])
const MOST_SHOWN = 200

export const NOT_HRANA = 'has not answered in the protocol Hrana 3, so it may be another kind of server'
