import type { PooledSqliteDialectConfig } from '@poolclass/dialect'
import { threadId, workerData } from 'node:worker_threads'
import { addSale, openDatabase, readTotal } from './database.ts'

export interface HandlerRequest {
  method: string
  body: string
}

export interface HandlerResponse {
  status: number
  body: string
}

/** One for this worker thread, from the config that the main thread has sent. */
const db = openDatabase(workerData as PooledSqliteDialectConfig)

export async function handle({ method, body }: HandlerRequest): Promise<HandlerResponse> {
  try {
    if (method === 'POST') {
      const { amount } = JSON.parse(body) as { amount: number }
      await addSale(db, amount)
      return { status: 201, body: JSON.stringify({ thread: threadId }) }
    }
    return { status: 200, body: JSON.stringify({ thread: threadId, ...(await readTotal(db)) }) }
  } catch (error) {
    return { status: 500, body: String(error) }
  }
}

export async function close(): Promise<void> {
  await db.destroy()
}
