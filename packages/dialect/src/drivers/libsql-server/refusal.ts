import type { IncomingMessage } from 'node:http'

/** A server's answer that it does not carry out a request now, but may do so later. */
export interface Refusal {
  /** The pause that the server asks for, in milliseconds. Undefined if it names none. */
  readonly retryAfter: number | undefined
}

/** A request that the server has refused, and that is not sent again. */
export interface Refused extends Refusal {
  readonly attempts: number
  /** Milliseconds since the first refusal. */
  readonly duration: number
}

/**
 * Undefined if a request cannot be sent again. A server that limits requests answers with 429 before it carries anything out.
 * Behind a 503 there may be a proxy that has lost its server in the middle of a request, so only a read is sent again, and only if
 * the answer says when.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc6585#section-4, https://www.rfc-editor.org/rfc/rfc9110#status.503
 */
export function refusalOf(answer: IncomingMessage, isRead: boolean): Refusal | undefined {
  const retryAfter = retryAfterOf(answer)
  const isRefused =
    answer.statusCode === 429 || (answer.statusCode === 503 && isRead && retryAfter !== undefined)
  return isRefused ? { retryAfter } : undefined
}

/** Decides when a request that the server refuses is sent again, and when no more. */
export class Patience {
  readonly #limit: number
  readonly #begin: number = performance.now()
  #attempts = 0

  /** @param limit How long a request is sent again, in milliseconds from the first refusal. 0 means never. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /**
   * The pause before the next attempt, in milliseconds; undefined if there is none. It grows with each attempt. A part of it is
   * random, because requests that were refused together should not come back together.
   */
  pauseAfter({ retryAfter = 0 }: Refusal): number | undefined {
    const longest = Math.min(FIRST_PAUSE * 2 ** this.#attempts, LONGEST_PAUSE)
    this.#attempts += 1
    const pause = retryAfter + longest / 2 + (Math.random() * longest) / 2
    return this.#duration + pause < this.#limit ? pause : undefined
  }

  endedBy({ retryAfter }: Refusal): Refused {
    return { retryAfter, attempts: this.#attempts, duration: this.#duration }
  }

  get #duration(): number {
    return performance.now() - this.#begin
  }
}

/**
 * A number of seconds, or a date by the clock of the server.
 *
 * Source: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
function retryAfterOf({ headers }: IncomingMessage): number | undefined {
  const text = headers['retry-after']
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const pause = Date.parse(text) - Date.parse(headers.date ?? new Date().toUTCString())
  return Number.isNaN(pause) ? undefined : Math.max(pause, 0)
}

/** Milliseconds. */
const FIRST_PAUSE = 50
const LONGEST_PAUSE = 2000
