/** What opens connections in worker threads. Loaded when the first one is needed, because most programs have none. */
export { openInOwnThread } from './own-thread.ts'
export { WorkerPool } from './worker-pool.ts'
