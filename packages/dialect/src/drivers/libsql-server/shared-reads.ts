import { nextTick } from '../../clock.ts'
import { SqlTextCache } from '../../connection/sql-text-cache.ts'
import { ServerError } from '../../errors/server-errors.ts'
import type { Endpoint } from './endpoint.ts'
import type { Statement, StreamResult } from './protocol.ts'
import type { ServerStream } from './server-stream.ts'

/**
 * Sends several reads of one tick in one request, because a request takes both sides longer than a short read.
 *
 * The answers to a request come together, so a slow read delays the others. A statement shares a request only if its earlier runs
 * took the server little time. Each answer tells that time.
 */
export class SharedReads {
  /** How long the runs of a statement took on the server, in milliseconds. */
  readonly #durations: SqlTextCache<number> = new SqlTextCache(REMEMBERED_TEXTS)
  /** The requests that go out at the end of this tick. */
  readonly #open: Map<Endpoint, SharedRequest> = new Map()

  /** @throws StreamLost, ServerError */
  async run(stream: ServerStream, stmt: Statement, signal: AbortSignal): Promise<StreamResult> {
    const known = this.#durations.get(stmt.sql)
    const isShort = known !== undefined && known <= LONGEST_SHARED
    const answer = isShort ? await this.#share(stream, stmt, signal) : await runAlone(stream, stmt, signal)
    const duration = durationOf(answer)
    // A statement that was slow once counts as slow for a while.
    if (duration !== undefined) this.#durations.set(stmt.sql, Math.max(duration, (known ?? 0) * FORGETTING))
    return answer
  }

  #share(stream: ServerStream, stmt: Statement, signal: AbortSignal): Promise<StreamResult> {
    const { endpoint } = stream
    const open = this.#open.get(endpoint)
    if (open !== undefined && open.size < MOST_STATEMENTS) return open.add(stmt, signal)
    if (stream.isReading) return runAlone(stream, stmt, signal)
    const request = new SharedRequest(stream)
    this.#open.set(endpoint, request)
    nextTick(() => {
      if (this.#open.get(endpoint) === request) this.#open.delete(endpoint)
      void request.send()
    })
    return request.add(stmt, signal)
  }
}

/** Statements that go to a server in one request, on the stream of the first one. */
class SharedRequest {
  readonly #stream: ServerStream
  readonly #members: { readonly stmt: Statement; readonly settle: PromiseWithResolvers<StreamResult> }[] = []
  /** Fires when no caller waits for an answer any more. */
  readonly #abandoned = new AbortController()
  #waiting = 0

  constructor(stream: ServerStream) {
    this.#stream = stream
  }

  get size(): number {
    return this.#members.length
  }

  add(stmt: Statement, signal: AbortSignal): Promise<StreamResult> {
    const settle = Promise.withResolvers<StreamResult>()
    this.#members.push({ stmt, settle })
    this.#waiting += 1
    signal.addEventListener('abort', () => {
      settle.reject(signal.reason)
      this.#waiting -= 1
      if (this.#waiting === 0) this.#abandoned.abort(signal.reason)
    })
    return settle.promise
  }

  async send(): Promise<void> {
    const { signal } = this.#abandoned
    if (signal.aborted) return
    const requests = this.#members.map(({ stmt }) => ({ type: 'execute', stmt }) as const)
    try {
      const answers = await this.#stream.run(requests, { isRead: true, signal })
      for (const [i, { settle }] of this.#members.entries()) settle.resolve(answers[i]!)
    } catch (error) {
      for (const { settle } of this.#members)
        settle.reject(error instanceof ServerError ? error.again() : error)
    }
  }
}

async function runAlone(stream: ServerStream, stmt: Statement, signal: AbortSignal): Promise<StreamResult> {
  const [answer] = await stream.run([{ type: 'execute', stmt }], { isRead: true, signal })
  return answer!
}

function durationOf(answer: StreamResult): number | undefined {
  if (answer.type !== 'ok' || answer.response.type !== 'execute') return undefined
  return answer.response.result.query_duration_ms
}

const REMEMBERED_TEXTS = 2000
/** The most statements in one request. */
const MOST_STATEMENTS = 8
/** Milliseconds. */
const LONGEST_SHARED = 1
/** The fraction of a statement's earlier duration that still counts at its next run. */
const FORGETTING = 0.9
