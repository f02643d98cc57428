import type { Engine } from '../engine.ts'
import type { WriteQueue } from '../waiting/write-queue.ts'
import type { ReadGate } from './read-gate.ts'

/** What the checkpoints of one file work with. */
export interface WalSurroundings {
  /** The absolute path of the database file. */
  readonly path: string
  /** All engines in this thread that use the file. */
  readonly engines: Iterable<Engine>
  readonly queue: WriteQueue
  readonly gate: ReadGate
}
