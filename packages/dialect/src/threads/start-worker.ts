import { Worker } from 'node:worker_threads'
import type { ThreadData } from './protocol.ts'
import { threadProgram } from './thread-program.ts'

/** Starts a worker thread that hosts connections. */
export function startWorker(name: string, data: ThreadData): Worker {
  return new Worker(threadProgram, {
    name,
    eval: typeof threadProgram === 'string',
    workerData: { ...data, base: import.meta.url ?? __filename },
    transferList: [data.port],
  })
}

/** Where this module is once it was bundled as CommonJS, which has no `import.meta.url`. */
// oxlint-disable-next-line no-underscore-dangle -- Node.js gave it its name
declare const __filename: string
