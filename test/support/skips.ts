import * as kysely from 'kysely'
import { testedDriver } from './driver.ts'
import { isQuickRun } from './effort.ts'
import { threads } from './open.ts'

const isOldestKysely = !('AbortedTransactionError' in kysely)

/**
 * Why a test does not run over some connections: every condition that depends on the project, with its reason. What a machine
 * lacks, such as a compiler or the right to mount, is said beside the test.
 */
export const skips = {
  /** A function as `creator`, the handle of `withConnection` and a spy on the library reach the calling thread alone. */
  inThreads: threads > 0,
  /** The claim is about connections in worker threads. */
  inCallingThread: threads === 0,
  /** A database of `node:sqlite` does not tell the name that it was opened with, so a creator is refused. */
  whereNamesAreNotTold: testedDriver === 'node:sqlite',
  /** Kysely 0.28 does not refuse itself what comes late, and has no signals. */
  inOldestKysely: isOldestKysely,
  /** Kysely 0.29 lets a rollback to a savepoint overtake what was sent before, which then comes like what is sent later. */
  inNewerKysely: !isOldestKysely,
  /** It takes seconds, and `tags` do not go with a condition. Over threads, a test of threads makes the claim with more rows. */
  inThreadsOrQuickRun: threads > 0 || isQuickRun,
}
