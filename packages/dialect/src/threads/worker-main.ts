import { workerData } from 'node:worker_threads'
import type { DatabaseCreator } from '../config/database-creator.ts'
import { loadCreator } from '../connection/creator-module.ts'
import { beginLoading } from './loading.ts'
import type { WorkerStart } from './protocol.ts'
import { WorkerServer } from './worker-server.ts'

/** What a worker runs. */
async function serve({ port, signals, creator }: WorkerStart): Promise<void> {
  const words = new Int32Array(signals)
  beginLoading(words)
  const create = await creatorIn(creator)
  await new WorkerServer(port, words, create, creator !== undefined).serve()
}

/** Loads the module before anything else, since nothing asynchronous happens in this thread from then on. */
async function creatorIn(module: string | undefined): Promise<() => DatabaseCreator | undefined> {
  if (module === undefined) return () => undefined
  try {
    const creator = await loadCreator(module)
    return () => creator
  } catch (error) {
    return () => {
      throw error
    }
  }
}

void serve(workerData as WorkerStart)
