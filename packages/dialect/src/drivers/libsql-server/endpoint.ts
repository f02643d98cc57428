import type * as http from 'node:http'
import type * as https from 'node:https'
import { turn } from '../../clock.ts'
import { type Conditions, Exchange, outcomeOf } from './exchange.ts'
import { OpenAnswer } from './open-answer.ts'
import type { CursorRequest, PipelineRequest } from './protocol.ts'

/** An answer with any status. */
export interface Answer {
  readonly status: number
  readonly body: string
}

/**
 * Sends requests to one server, by its URL. Every request ends. It follows no redirect, so the token goes to no other host.
 *
 * With connections that are kept, `node:http` answers a point select in a third of the time that `fetch` takes.
 */
export class Endpoint {
  /** The host, for messages. */
  readonly name: string
  readonly #url: URL
  readonly #path: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #timeout: number
  readonly #client: typeof http | typeof https
  readonly #agent: http.Agent
  /** Requests that have no answer yet. */
  #running = 0
  readonly #onQuiet: (() => void)[] = []

  /**
   * @param url Without a slash at its end.
   * @param timeout Milliseconds for an answer, or for the next part of one that comes in parts.
   */
  constructor(url: string, headers: Readonly<Record<string, string>>, timeout: number) {
    this.#url = new URL(url)
    this.#path = this.#url.pathname.replace(/\/$/, '')
    this.name = this.#url.host
    this.#headers = headers
    this.#timeout = timeout
    // An import would make every program load these modules, and with them TLS and undici.
    this.#client = process.getBuiltinModule(this.#url.protocol === 'https:' ? 'node:https' : 'node:http')
    this.#agent = new this.#client.Agent({ keepAlive: true, scheduling: 'lifo' })
  }

  /**
   * Sends a request, and reads the answer to its end.
   *
   * @throws ServerError
   */
  post(body: PipelineRequest, conditions: Conditions): Promise<Answer> {
    return this.#exchange(conditions, async (exchange) => {
      const response = await this.#send(exchange, '/v3/pipeline', body)
      return { status: response.statusCode!, body: await exchange.text(response) }
    })
  }

  /**
   * Sends a request. Its answer comes in parts, and the caller reads the answer to its end, or ends it.
   *
   * @throws ServerError
   */
  open(body: CursorRequest, conditions: Conditions): Promise<OpenAnswer> {
    return this.#exchange(conditions, async (exchange) => {
      const response = await this.#send(exchange, '/v3/cursor', body)
      return new OpenAnswer(response, this.name, this.#timeout, outcomeOf(conditions))
    })
  }

  /** Keeps idle connections from now on, until `end`. */
  begin(): void {
    this.#agent.maxFreeSockets = MOST_KEPT
  }

  /** Closes idle connections now, and busy ones after their answer. Resolves when no request is running. */
  async end(): Promise<void> {
    this.#agent.maxFreeSockets = 0
    for (const sockets of Object.values(this.#agent.freeSockets))
      for (const socket of sockets ?? []) socket.destroy()
    while (this.#running > 0) {
      // oxlint-disable-next-line no-await-in-loop -- until there is nothing more
      await new Promise<void>((resolve) => this.#onQuiet.push(resolve))
      // The caller that got the last answer gives its connection back, which closes its stream with a further request.
      // oxlint-disable-next-line no-await-in-loop -- until there is nothing more
      await turn()
    }
  }

  async #exchange<T>(conditions: Conditions, run: (exchange: Exchange) => Promise<T>): Promise<T> {
    const exchange = new Exchange(this.name, this.#timeout, conditions)
    this.#running += 1
    try {
      return await run(exchange)
    } finally {
      exchange.end()
      this.#running -= 1
      if (this.#running === 0) for (const resolve of this.#onQuiet.splice(0)) resolve()
    }
  }

  #send(exchange: Exchange, path: string, body: object): Promise<http.IncomingMessage> {
    const text = JSON.stringify(body)
    const request = this.#client.request(this.#url, {
      method: 'POST',
      path: `${this.#path}${path}`,
      agent: this.#agent,
      headers: {
        ...this.#headers,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      },
    })
    return exchange.begin(request, text)
  }
}

const MOST_KEPT = 256
