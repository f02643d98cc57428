import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import { Piscina } from 'piscina'
import type { Threads } from './threads.ts'

export function startPiscinaThreads(count: number, config: PooledSqliteDialectConfig): Threads {
  const piscina = new Piscina({
    filename: new URL('./handler.ts', import.meta.url).href,
    name: 'handle',
    workerData: config,
    minThreads: count,
    maxThreads: count,
  })
  return {
    handle: (request) => piscina.run(request),
    close: async () => {
      // As many tasks as there are idle threads: each thread gets one.
      await Promise.all(piscina.threads.map(() => piscina.run(undefined, { name: 'close' })))
      await piscina.close()
    },
  }
}
