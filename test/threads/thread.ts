import { once } from 'node:events'
import { MessageChannel, Worker } from 'node:worker_threads'
import type * as Tasks from './scripts/tasks.ts'
import { LOADING } from '../support/node-options.ts'

type Tasks = typeof Tasks

/** Somebody who does the tasks of `scripts/tasks.ts`. */
export interface Thread {
  do<Name extends keyof Tasks>(
    name: Name,
    ...task: Parameters<Tasks[Name]>
  ): Promise<Awaited<ReturnType<Tasks[Name]>>>
}

/** A worker thread; terminate it in the end. */
export class WorkerThread implements Thread {
  readonly #worker: Worker
  readonly #ended: Promise<void>
  #failure: Error | undefined

  constructor() {
    this.#worker = new Worker(new URL('scripts/worker.ts', import.meta.url), {
      execArgv: [...LOADING, '--no-warnings'],
    })
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#ended = promise
    this.#worker.once('exit', () => resolve())
    this.#worker.on('error', (error: Error) => {
      this.#failure = error
    })
  }

  async do<Name extends keyof Tasks>(
    name: Name,
    ...[task]: Parameters<Tasks[Name]>
  ): Promise<Awaited<ReturnType<Tasks[Name]>>> {
    const { port1, port2 } = new MessageChannel()
    this.#worker.postMessage({ name, task, port: port2 }, [port2])
    const ended = this.#ended.then(() => [{ failure: this.#failure ?? new Error('the thread has ended') }])
    const [answer] = await Promise.race([once(port1, 'message'), ended])
    port1.close()
    if (answer.failure instanceof Error) throw answer.failure
    if (answer.failure !== undefined) throw Object.assign(new Error(answer.failure.message), answer.failure)
    return answer.value
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }
}

const tasks = await import('./scripts/tasks.ts')

/** The main thread itself. */
export const mainThread: Thread = {
  do: async (name, ...[task]) => (await tasks[name](task as never)) as never,
}
