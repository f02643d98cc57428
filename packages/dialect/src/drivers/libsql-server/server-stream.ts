import { sessionKeyword } from '../../connection/first-keyword.ts'
import { ServerError } from '../../errors/server-errors.ts'
import { pragmaStatement } from '../../settings/pragma-statement.ts'
import { cursorRefusal, pipelineResponse } from './answers.ts'
import { CursorReader } from './cursor-reader.ts'
import type { Endpoint } from './endpoint.ts'
import type { Conditions } from './exchange.ts'
import type { LogPosition } from './log-position.ts'
import {
  type Batch,
  isLostStream,
  type StreamRequest,
  type StreamResponse,
  type StreamResult,
} from './protocol.ts'
import type { Decoder } from './values.ts'

/** The server has ended the stream, and with it the transaction that was open on it. */
export class StreamLost extends Error {}

export interface Sending extends Conditions {
  /** It only reads, and may be sent again if its answer was lost. */
  readonly isRead?: boolean
  /** It needs the transaction that is open on the stream. */
  readonly inTransaction?: boolean
}

/**
 * A stream of a server: a connection to SQLite there, which carries out one request after the other. The server ends one that lies
 * idle for some seconds; with the next request it begins anew, unless that request belongs to an open transaction.
 */
export class ServerStream {
  readonly endpoint: Endpoint
  readonly #position: LogPosition
  /** The statements that have set something of the stream, by what they set. */
  readonly #settings: Map<string, string> = new Map()
  /** `null` while no answer has told it. */
  #baton: string | null = null
  /** Settles when the last request has its answer. */
  #last: Promise<unknown> = DONE
  #cursor: CursorReader | undefined

  constructor(endpoint: Endpoint, position: LogPosition) {
    this.endpoint = endpoint
    this.#position = position
  }

  /** A cursor is open, whose rest the next request reads to memory. */
  get isReading(): boolean {
    return this.#cursor !== undefined
  }

  /** Notes what a statement has set of this stream, because a new one would lack it. */
  keepSettings(sql: string): void {
    if (sessionKeyword(sql) !== 'pragma') return
    const pragma = pragmaStatement(sql)
    if (pragma?.assigns === true && pragma.name === 'foreign_keys') this.#settings.set(pragma.name, sql)
  }

  /**
   * The results of requests, in their order.
   *
   * @throws StreamLost, ServerError
   */
  run(requests: readonly StreamRequest[], sending: Sending): Promise<readonly StreamResult[]> {
    return this.#inTurn(() => this.#send(requests, sending))
  }

  /** Reads the rows of the one step of a batch that has any. Others wait for its end, or have it read to memory what is left. */
  async open(batch: Batch, sql: string, decoder: Decoder, sending: Sending): Promise<CursorReader> {
    const { promise: closed, resolve: close } = Promise.withResolvers<void>()
    const reader = await this.#inTurn(() => this.#open(batch, sql, decoder, sending))
    this.#last = Promise.all([this.#last, closed])
    this.#cursor = reader
    reader.onClose = () => {
      this.#cursor = undefined
      close()
    }
    return reader
  }

  /** Has the server end it. One that cannot be told ends soon on its own. */
  async close(signal?: AbortSignal): Promise<void> {
    await this.#inTurn(async () => {
      const baton = this.#baton
      this.#baton = null
      if (baton === null) return
      await this.endpoint.post({ baton, requests: [{ type: 'close' }] }, { signal })
    }).catch(() => {})
  }

  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const before = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    try {
      await this.#cursor?.readRest()
      await before
      return await run()
    } finally {
      resolve()
    }
  }

  async #send(requests: readonly StreamRequest[], sending: Sending): Promise<readonly StreamResult[]> {
    const { isRead = false, inTransaction = false } = sending
    const baton = this.#takeBaton(inTransaction)
    const settings = baton === null ? this.#settingRequests() : []
    try {
      const answer = await this.endpoint.post({ baton, requests: [...settings, ...requests] }, sending)
      if (baton !== null && isLostStream(answer.status, answer.body))
        return await this.#sendAnew(requests, sending)
      const response = pipelineResponse(this.endpoint.name, answer, sending)
      this.#baton = response.baton
      for (const result of response.results) if (result.type === 'ok') this.#notePosition(result.response)
      return response.results.slice(settings.length)
    } catch (error) {
      if (baton === null || !isRead || inTransaction || !wasCut(error)) throw error
      return await this.#sendAnew(requests, sending)
    }
  }

  async #open(batch: Batch, sql: string, decoder: Decoder, sending: Sending): Promise<CursorReader> {
    const { inTransaction = false } = sending
    if (this.#baton === null && this.#settings.size > 0) await this.#send([], sending)
    const baton = this.#takeBaton(inTransaction)
    const response = await this.endpoint.open({ baton, batch }, sending)
    if (response.statusCode !== 200) {
      const { status, body } = await this.endpoint.rest(response)
      if (baton === null || !isLostStream(status, body))
        throw cursorRefusal(this.endpoint.name, { status, body }, sql)
      if (inTransaction) throw new StreamLost()
      return await this.#open(batch, sql, decoder, sending)
    }
    const reader = new CursorReader(response, this.endpoint, sql, decoder, (index) =>
      this.#position.note(index),
    )
    this.#baton = await reader.baton()
    return reader
  }

  async #sendAnew(requests: readonly StreamRequest[], sending: Sending): Promise<readonly StreamResult[]> {
    if (sending.inTransaction === true) throw new StreamLost()
    return await this.#send(requests, sending)
  }

  /** Nobody knows the next one before the answer. */
  #takeBaton(inTransaction: boolean): string | null {
    const baton = this.#baton
    if (baton === null && inTransaction) throw new StreamLost()
    this.#baton = null
    return baton
  }

  #settingRequests(): StreamRequest[] {
    return Array.from(this.#settings.values(), (sql) => ({ type: 'execute', stmt: { sql, args: [] } }))
  }

  #notePosition(response: StreamResponse): void {
    if (response.type === 'execute' || response.type === 'batch')
      this.#position.note(response.result.replication_index)
  }
}

/** As a connection is that was kept for too long. */
function wasCut(error: unknown): boolean {
  return error instanceof ServerError && error.reason === 'cut'
}

const DONE = Promise.resolve()
