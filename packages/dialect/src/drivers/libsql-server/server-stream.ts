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
import { StreamLost } from './stream-lost.ts'
import type { Decoder } from './values.ts'

export interface Sending extends Conditions {
  /** It needs the transaction that is open on the stream. */
  readonly inTransaction?: boolean
}

/**
 * A stream of a server: a connection to SQLite there, which carries out one request after the other. The server ends a stream
 * that is idle for some seconds. The next request begins a new one, unless it belongs to an open transaction.
 */
export class ServerStream {
  readonly endpoint: Endpoint
  readonly #position: LogPosition
  /** The statements that changed a setting of the stream, by the name of the setting. */
  readonly #settings: Map<string, string> = new Map()
  /** `null` until an answer tells it. */
  #baton: string | null = null
  /** Settles when the last request has its answer. */
  #last: Promise<unknown> = DONE
  #cursor: CursorReader | undefined

  constructor(endpoint: Endpoint, position: LogPosition) {
    this.endpoint = endpoint
    this.#position = position
  }

  /** A cursor is open. The next request would read its remaining rows into memory. */
  get isReading(): boolean {
    return this.#cursor !== undefined
  }

  /** Remembers a statement that changed a setting of this stream, because a new stream would lack the setting. */
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
    return this.#inTurn(() => twiceIfCut(sending, () => this.#send(requests, sending)))
  }

  /**
   * Reads the rows of the only step of a batch that returns any. Other requests wait for the end of the reader, or make it read
   * the remaining rows into memory.
   */
  async open(batch: Batch, sql: string, decoder: Decoder, sending: Sending): Promise<CursorReader> {
    const { promise: closed, resolve: close } = Promise.withResolvers<void>()
    const reader = await this.#inTurn(() =>
      twiceIfCut(sending, () => this.#open(batch, sql, decoder, sending)),
    )
    this.#last = Promise.all([this.#last, closed])
    this.#cursor = reader
    reader.onClose = () => {
      this.#cursor = undefined
      close()
    }
    return reader
  }

  /** Asks the server to end the stream. If the request fails, the stream soon ends by itself. */
  async close(): Promise<void> {
    const signal = AbortSignal.timeout(LONGEST_CLOSE)
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
    const { inTransaction = false } = sending
    const baton = this.#takeBaton(inTransaction)
    const settings = baton === null ? this.#settingRequests() : []
    const all = [...settings, ...requests]
    const answer = await this.endpoint.post({ baton, requests: all }, sending)
    if (baton !== null && isLostStream(answer.status, answer.body)) {
      if (inTransaction) throw new StreamLost()
      return await this.#send(requests, sending)
    }
    const response = pipelineResponse(this.endpoint.name, answer, all, sending)
    this.#baton = response.baton
    for (const result of response.results) if (result.type === 'ok') this.#notePosition(result.response)
    return response.results.slice(settings.length)
  }

  async #open(batch: Batch, sql: string, decoder: Decoder, sending: Sending): Promise<CursorReader> {
    const { inTransaction = false } = sending
    if (this.#baton === null && this.#settings.size > 0) await this.#send([], sending)
    const baton = this.#takeBaton(inTransaction)
    const answer = await this.endpoint.open({ baton, batch }, sending)
    if (answer.status === 200) {
      const reader = new CursorReader(answer, sql, decoder, (index) => this.#position.note(index))
      this.#baton = await answer.unless(sending.signal, () => reader.baton())
      return reader
    }
    const whole = await answer.unless(sending.signal, () => answer.whole())
    if (baton === null || !isLostStream(whole.status, whole.body))
      throw cursorRefusal(this.endpoint.name, whole, sql)
    if (inTransaction) throw new StreamLost()
    return await this.#open(batch, sql, decoder, sending)
  }

  /** Takes the baton and forgets it, because the next one is not known before the answer. */
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

/** Sends a read again if its connection was cut, as may happen to a kept connection when it is used again. */
async function twiceIfCut<T>(
  { isRead = false, inTransaction = false }: Sending,
  send: () => Promise<T>,
): Promise<T> {
  try {
    return await send()
  } catch (error) {
    const wasCut = error instanceof ServerError && error.reason === 'cut'
    if (!isRead || inTransaction || !wasCut) throw error
    return await send()
  }
}

const DONE = Promise.resolve()
/** Milliseconds. */
const LONGEST_CLOSE = 2000
