import type { IncomingMessage } from 'node:http'
import { clearTimeout, setTimeout } from '../../clock.ts'
import { type Outcome, ServerError, type ServerErrorReason } from '../../errors/server-errors.ts'
import type { Answer } from './endpoint.ts'
import type { Refused } from './refusal.ts'

interface OpenAnswerOptions {
  /** Milliseconds for each part. */
  readonly timeout: number
  /** What becomes of the statement when the answer is cut off. */
  readonly outcome: Outcome
  readonly refused?: Refused | undefined
}

/** An answer that comes in parts. Its reader reads it to its end, or ends it. */
export class OpenAnswer {
  readonly status: number
  readonly #response: IncomingMessage
  readonly #parts: AsyncIterator<string>
  readonly #server: string
  readonly #options: OpenAnswerOptions
  #endedBy: Error | undefined

  /** @param server For messages. */
  constructor(response: IncomingMessage, server: string, options: OpenAnswerOptions) {
    response.setEncoding('utf8')
    this.status = response.statusCode!
    this.#response = response
    this.#parts = response[Symbol.asyncIterator]() as AsyncIterator<string>
    this.#server = server
    this.#options = options
  }

  /**
   * The next part; undefined at the end. The server's time for the part begins with this call, so a reader may take as long as it
   * likes between two parts.
   *
   * @throws ServerError
   */
  async next(): Promise<string | undefined> {
    const timer = setTimeout(() => this.end(this.#silent()), this.#options.timeout)
    try {
      const { done, value } = await this.#parts.next()
      return done === true ? undefined : value
    } catch (error) {
      throw this.#endedBy ?? this.cut(error)
    } finally {
      clearTimeout(timer)
    }
  }

  /** The whole of an answer that is no cursor. */
  async whole(): Promise<Answer> {
    const { status } = this
    const { refused } = this.#options
    let body = ''
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- part after part
      const part = await this.next()
      if (part === undefined) return { status, body, refused }
      body += part
    }
  }

  /** Runs `read`, which reads from the answer. Ends the answer if `read` fails or the signal fires first. */
  async unless<T>(signal: AbortSignal | undefined, read: () => Promise<T>): Promise<T> {
    const abort = (): void => this.end(signal?.reason as Error)
    if (signal?.aborted === true) abort()
    signal?.addEventListener('abort', abort)
    try {
      return await read()
    } catch (error) {
      this.end()
      throw error
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /** @param why The error that its reader gets. */
  end(why?: Error): void {
    this.#endedBy ??= why
    this.#response.destroy(why)
  }

  /** @param why An error, or another reason why the answer ended. */
  cut(why: unknown): ServerError {
    const said = why instanceof Error ? why.message : String(why)
    return this.error(`has cut the connection in the middle of a stream: ${said}`, 'cut')
  }

  error(problem: string, reason: ServerErrorReason): ServerError {
    return new ServerError(this.#server, problem, { reason, outcome: this.#options.outcome })
  }

  #silent(): ServerError {
    return this.error(`has sent nothing more of a stream within ${this.#options.timeout} ms`, 'timeout')
  }
}
