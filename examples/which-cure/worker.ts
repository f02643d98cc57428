import { parentPort, workerData } from 'node:worker_threads'
import { openDatabase, sumOfCounters } from './database.ts'
import type { WorkerTask } from './in-threads.ts'
import { runTask } from './task.ts'

const { config, task } = workerData as WorkerTask
const db = openDatabase(config)
await sumOfCounters(db)

parentPort?.on('message', async (message: 'run' | 'close') => {
  if (message === 'run') {
    parentPort?.postMessage(await runTask(db, task))
  } else {
    await db.destroy()
    parentPort?.close()
  }
})
parentPort?.postMessage('ready')
