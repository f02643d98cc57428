import { workerData } from 'node:worker_threads'
import { loadCreator } from '../drivers/local/creator-module.ts'
import { LIBRARIES } from '../drivers/local/libraries.ts'
import { openLocalConnection } from '../drivers/local/open-local-connection.ts'
import type { SqliteLibrary } from '../drivers/local/sqlite-library.ts'
import { printThrough } from './console-output.ts'
import { beginLoading } from './exit-while-loading.ts'
import type { WorkerStart } from './protocol.ts'
import { type Opener, WorkerServer } from './worker-server.ts'

/** What a worker runs. */
async function serve({ port, signals, library: name, creator: module }: WorkerStart): Promise<void> {
  const words = new Int32Array(signals)
  beginLoading(words)
  if (module !== undefined) await printThrough(port)
  const library = LIBRARIES[name]
  const openLocally = await opener(library, module)
  await new WorkerServer(port, words, openLocally, module !== undefined).serve()
}

/** Loads everything beforehand, since nothing asynchronous happens in this thread from then on. */
async function opener(library: SqliteLibrary, module: string | undefined): Promise<Opener> {
  try {
    await library.load()
    const creator = module === undefined ? undefined : await loadCreator(module)
    return (opening, label) => openLocalConnection(library, opening, label, creator)
  } catch (error) {
    return () => {
      throw error
    }
  }
}

void serve(workerData as WorkerStart)
