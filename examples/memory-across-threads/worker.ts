import { parentPort } from 'node:worker_threads'
import { close, handle, type HandlerRequest } from './handler.ts'

parentPort?.on('message', async (message: HandlerRequest | 'close') => {
  if (message === 'close') {
    await close()
    parentPort?.close()
  } else {
    parentPort?.postMessage(await handle(message))
  }
})
