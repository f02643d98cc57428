import type { Trial } from '../trial.ts'
import { checkout } from './checkout.ts'
import { eventLoopDelayOfQueries } from './event-loop-delay.ts'
import { insertIntoFile, insertIntoMemory } from './insert.ts'
import { nullPoolQuery, nullPoolQueryInWal } from './null-pool.ts'
import { pointSelectInFile, pointSelectInMemory } from './point-select.ts'
import { rawSelect } from './raw-select.ts'
import { rowsFromThread, rowsStreamedFromThread } from './rows-from-thread.ts'
import { memoryOfTwoThreads } from './shared-memory.ts'
import { busyReadsInTwoThreads } from './busy-reads.ts'
import { pointSelectsAtOnce, pointSelectThroughThread } from './thread-point-select.ts'
import { transactionOfTen } from './transaction.ts'

export const trials: readonly Trial[] = [
  pointSelectInMemory,
  pointSelectInFile,
  insertIntoMemory,
  insertIntoFile,
  transactionOfTen,
  rawSelect,
  nullPoolQuery,
  nullPoolQueryInWal,
  checkout,
  eventLoopDelayOfQueries,
  pointSelectsAtOnce,
  pointSelectThroughThread,
  rowsFromThread,
  rowsStreamedFromThread,
  busyReadsInTwoThreads,
  memoryOfTwoThreads,
]

/** The trials whose names contain `part`, in either case. */
export function trialsNamed(part: string): readonly Trial[] {
  return trials.filter(({ name }) => name.toLowerCase().includes(part.toLowerCase()))
}
