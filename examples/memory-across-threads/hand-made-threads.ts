import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { HandlerRequest, HandlerResponse } from './handler.ts'
import type { Threads } from './threads.ts'

/** Workers that take turns. */
export function startHandMadeThreads(count: number, config: PooledSqliteDialectConfig): Threads {
  const threads = Array.from({ length: count }, () => new Thread(config))
  let turn = 0
  return {
    handle: (request) => threads[turn++ % count]!.handle(request),
    close: async () => {
      await Promise.all(threads.map((thread) => thread.close()))
    },
  }
}

/** A worker that handles one request at a time. */
class Thread {
  readonly #worker: Worker
  #last: Promise<unknown> = Promise.resolve()

  constructor(config: PooledSqliteDialectConfig) {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: config })
  }

  handle(request: HandlerRequest): Promise<HandlerResponse> {
    const response = this.#last.then(() => this.#ask(request))
    this.#last = response
    return response
  }

  async #ask(request: HandlerRequest): Promise<HandlerResponse> {
    this.#worker.postMessage(request)
    const [response] = await once(this.#worker, 'message')
    return response
  }

  async close(): Promise<void> {
    this.#worker.postMessage('close')
    await once(this.#worker, 'exit')
  }
}
