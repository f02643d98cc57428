import { workerData } from 'node:worker_threads'
import type { DatabaseCreator } from '../config/database-creator.ts'
import { loadCreator } from '../connection/creator-module.ts'
import type { ThreadData } from './protocol.ts'
import { ThreadHost } from './thread-host.ts'

/** What a hosting thread runs. */
async function start({ port, signals, creator }: ThreadData): Promise<void> {
  const create = await creatorIn(creator)
  await new ThreadHost(port, new Int32Array(signals), create, creator !== undefined).serve()
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

void start(workerData as ThreadData)
