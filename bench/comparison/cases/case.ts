import type { Batch, Entrant } from '../../lockstep/entrant.ts'
import type { AsyncClient, Client, KyselyClient, SyncClient } from '../client.ts'

/** One operation, written once for each sort of client. */
export interface Case {
  readonly name: string
  /** What one operation is. */
  readonly about: string
  /** Statements that make the data. */
  readonly data: readonly string[]
  readonly kysely: (client: KyselyClient) => Work
  readonly sync: (client: SyncClient) => Work
  readonly async: (client: AsyncClient) => Promise<Work>
  /** Checks what the operations since the last time have written, and puts it back. Not timed. */
  readonly reset?: (client: Client, done: number) => Promise<void>
  readonly batch?: Batch
}

type Work = Entrant['run']

/** Throws what the operation should have found and what it has found. */
export function expect(what: string, expected: unknown, found: unknown): void {
  if (found !== expected) throw new Error(`${what} should have been ${expected}, and is ${found}`)
}
