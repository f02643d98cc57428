import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Tasks } from './tasks.ts'

/** What a worker gets. */
export interface WorkerTask {
  readonly config: PooledSqliteDialectConfig
  readonly task: number
}

/** Each task has a thread, a dialect and a connection of its own. */
export async function prepareInThreads(config: PooledSqliteDialectConfig, count: number): Promise<Tasks> {
  const workers = await Promise.all(Array.from({ length: count }, (_, task) => startWorker({ config, task })))
  return {
    run: async () => Math.max(...(await Promise.all(workers.map(runWorker)))),
    close: async () => {
      await Promise.all(workers.map(closeWorker))
    },
  }
}

async function startWorker(workerData: WorkerTask): Promise<Worker> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData })
  await once(worker, 'message')
  return worker
}

async function runWorker(worker: Worker): Promise<number> {
  worker.postMessage('run')
  const [longest] = await once(worker, 'message')
  return longest
}

async function closeWorker(worker: Worker): Promise<void> {
  worker.postMessage('close')
  await once(worker, 'exit')
}
