import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import type { HandlerRequest, HandlerResponse } from './handler.ts'

/** Worker threads that run the handler. */
export interface Threads {
  handle(request: HandlerRequest): Promise<HandlerResponse>
  close(): Promise<void>
}

export type StartThreads = (count: number, config: PooledSqliteDialectConfig) => Threads
