import type * as http from 'node:http'
import type * as https from 'node:https'
import { turn } from '../../clock.ts'
import { Wait } from '../../waiting/wait.ts'
import { warn } from '../../warn.ts'
import { type Conditions, Exchange, outcomeOf } from './exchange.ts'
import { OpenAnswer } from './open-answer.ts'
import type { CursorRequest, PipelineRequest } from './protocol.ts'
import { Patience, refusalOf, type Refused } from './refusal.ts'

/** An answer with any status. */
export interface Answer {
  readonly status: number
  readonly body: string
  /** Absent if the server has not refused the request. */
  readonly refused?: Refused | undefined
}

export interface EndpointOptions {
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds for an answer, or for the next part of one that comes in parts. */
  readonly timeout: number
  /** Whether it sends requests again that the server has refused, because no other server can answer them. */
  readonly isPatient: boolean
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
  readonly #options: EndpointOptions
  readonly #client: typeof http | typeof https
  readonly #agent: http.Agent
  /** Requests that have no answer yet. */
  #running = 0
  readonly #onQuiet: (() => void)[] = []
  #hasWarned = false

  /** @param url Without a slash at its end. */
  constructor(url: string, options: EndpointOptions) {
    this.#url = new URL(url)
    this.#path = this.#url.pathname.replace(/\/$/, '')
    this.name = this.#url.host
    this.#options = options
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
    return this.#exchange('/v3/pipeline', body, conditions, async (response, exchange, refused) => ({
      status: response.statusCode!,
      body: await exchange.text(response),
      refused,
    }))
  }

  /**
   * Sends a request. Its answer comes in parts, and the caller reads the answer to its end, or ends it.
   *
   * @throws ServerError
   */
  open(body: CursorRequest, conditions: Conditions): Promise<OpenAnswer> {
    const { timeout } = this.#options
    const outcome = outcomeOf(conditions)
    return this.#exchange(
      '/v3/cursor',
      body,
      conditions,
      (response, _, refused) => new OpenAnswer(response, this.name, { timeout, outcome, refused }),
    )
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

  async #exchange<T>(path: string, body: object, conditions: Conditions, read: Reading<T>): Promise<T> {
    const text = JSON.stringify(body)
    const { timeout, isPatient } = this.#options
    let patience: Patience | undefined
    this.#running += 1
    // oxlint-disable no-await-in-loop -- again only after a refusal
    try {
      for (;;) {
        const exchange = new Exchange(this.name, timeout, conditions)
        let pause: number | undefined
        try {
          const response = await this.#send(exchange, path, text)
          const refusal = refusalOf(response, conditions.isRead === true)
          if (refusal === undefined) return await read(response, exchange)
          patience ??= new Patience(isPatient ? timeout : 0)
          pause = patience.pauseAfter(refusal)
          if (pause === undefined) return await read(response, exchange, patience.endedBy(refusal))
          await exchange.text(response)
          this.#warnOnce(response.statusCode!)
        } finally {
          exchange.end()
        }
        const wait = new Wait(conditions.signal)
        wait.after(pause, wait.end)
        await wait.over
      }
    } finally {
      this.#running -= 1
      if (this.#running === 0) for (const resolve of this.#onQuiet.splice(0)) resolve()
    }
    // oxlint-enable no-await-in-loop
  }

  #warnOnce(status: number): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    warn(
      'POOLCLASS_SERVER_REFUSES',
      `The libSQL server ${this.name} has refused a request with the status ${status}. Such requests wait and are sent again, ` +
        `for up to ${this.#options.timeout} ms (connectArgs.requestTimeout). Send fewer at once, with a smaller pool, or raise the server's limit.`,
    )
  }

  #send(exchange: Exchange, path: string, text: string): Promise<http.IncomingMessage> {
    const request = this.#client.request(this.#url, {
      method: 'POST',
      path: `${this.#path}${path}`,
      agent: this.#agent,
      headers: {
        ...this.#options.headers,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      },
    })
    return exchange.begin(request, text)
  }
}

/** @param refused Given if the server has refused the request, and it is not sent again. */
type Reading<T> = (response: http.IncomingMessage, exchange: Exchange, refused?: Refused) => T | Promise<T>

const MOST_KEPT = 256
