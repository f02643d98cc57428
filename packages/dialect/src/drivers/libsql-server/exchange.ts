import { constants } from 'node:buffer'
import type * as http from 'node:http'
import type { Socket } from 'node:net'
import { clearTimeout, setTimeout } from '../../clock.ts'
import { type Outcome, ServerError, type ServerErrorDetails } from '../../errors/server-errors.ts'

export interface Conditions {
  /** Ends the request. */
  readonly signal?: AbortSignal | undefined
  /** It changes nothing, and may be sent again if its answer was lost. */
  readonly isRead?: boolean | undefined
  /** If it is cut off, its statement is undone, because it belongs to a transaction that ends with its stream. */
  readonly isUndone?: boolean | undefined
}

/** One request and its answer. */
export class Exchange {
  readonly #server: string
  readonly #timeout: number
  readonly #conditions: Conditions
  #timer: NodeJS.Timeout | undefined
  #request: http.ClientRequest | undefined
  /** The request may be on its way. A socket sends nothing before it is connected. */
  #isSent = false
  #endedBy: Error | undefined

  constructor(server: string, timeout: number, conditions: Conditions) {
    this.#server = server
    this.#timeout = timeout
    this.#conditions = conditions
  }

  begin(request: http.ClientRequest, text: string): Promise<http.IncomingMessage> {
    this.#request = request
    this.#timer = setTimeout(() => this.#endFor(this.#timedOut()), this.#timeout)
    this.#signal?.addEventListener('abort', this.#abort)
    return new Promise((resolve, reject) => {
      request.on('response', resolve)
      request.on('socket', (socket) => this.#watch(socket, request.protocol === 'https:'))
      request.on('error', (error) => reject(this.#understood(error)))
      request.end(text)
      if (this.#signal?.aborted === true) this.#abort()
    })
  }

  async text(response: http.IncomingMessage): Promise<string> {
    const parts: Buffer[] = []
    let length = 0
    try {
      this.#refuseBeyondString(response, Number(response.headers['content-length'] ?? 0))
      for await (const part of response) {
        length += (part as Buffer).length
        this.#refuseBeyondString(response, length)
        parts.push(part as Buffer)
      }
      return Buffer.concat(parts).toString()
    } catch (error) {
      throw this.#understood(error)
    }
  }

  /** Keeps an answer from taking memory that cannot become text. */
  #refuseBeyondString(response: http.IncomingMessage, length: number): void {
    if (length <= constants.MAX_STRING_LENGTH) return
    response.destroy()
    const limit = (constants.MAX_STRING_LENGTH / 1e6).toFixed(1)
    throw (this.#endedBy = this.#error(
      `answers with more than ${limit} MB, which is the longest text that JavaScript can hold. Stream it, or select less at once`,
      { reason: 'size', outcome: this.#outcome },
    ))
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#signal?.removeEventListener('abort', this.#abort)
  }

  #timedOut(): ServerError {
    return this.#error(`has not answered within ${this.#timeout} ms (connectArgs.requestTimeout)`, {
      reason: 'timeout',
      outcome: this.#outcome,
    })
  }

  /** Notes when the request is sent. A kept socket is connected already. */
  #watch(socket: Socket, isSecure: boolean): void {
    const sent = (): void => {
      this.#isSent = true
    }
    if (!socket.connecting) return sent()
    socket.once(isSecure ? 'secureConnect' : 'connect', sent)
  }

  get #signal(): AbortSignal | undefined {
    return this.#conditions.signal
  }

  readonly #abort = (): void => {
    this.#endFor(this.#signal?.reason as Error)
  }

  /** Keeps the reason, because in the middle of an answer Node.js would only say that it was cut off. */
  #endFor(why: Error): void {
    this.#endedBy ??= why
    this.#request?.destroy(why)
  }

  get #outcome(): Outcome {
    return this.#isSent ? outcomeOf(this.#conditions) : 'not done'
  }

  #understood(error: unknown): unknown {
    if (this.#endedBy !== undefined) return this.#endedBy
    const { message, code = '' } = error as NodeJS.ErrnoException
    const why = message === '' ? code : message
    return this.#isSent
      ? this.#error(`has cut the connection before its answer was complete: ${why}`, {
          reason: 'cut',
          outcome: this.#outcome,
          cause: error,
        })
      : this.#error(`cannot be reached: ${why.trimEnd()}${cureOf(code)}`, {
          reason: 'unreachable',
          outcome: 'not done',
          cause: error,
        })
  }

  #error(problem: string, details: ServerErrorDetails): ServerError {
    return new ServerError(this.#server, problem, details)
  }
}

/** A hint for errors of TLS. */
function cureOf(code: string): string {
  if (CODES_OF_UNKNOWN_SIGNERS.has(code))
    return ' (to trust the authority that signed it, set NODE_EXTRA_CA_CERTS=authority.pem in the environment)'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return ' (use the name that is in its certificate)'
  if (CODES_WITHOUT_TLS.has(code))
    return ' (if the server has no TLS, its URL is http://host:port, or libsql://host:port?tls=0)'
  return ''
}

/** What happens to a statement if its answer does not arrive. */
export function outcomeOf({ isRead = false, isUndone = false }: Conditions): Outcome {
  if (isRead) return 'not done'
  return isUndone ? 'undone' : 'unknown'
}

const CODES_OF_UNKNOWN_SIGNERS: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])
const CODES_WITHOUT_TLS: ReadonlySet<string> = new Set(['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER'])
