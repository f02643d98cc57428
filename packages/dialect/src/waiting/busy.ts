import type { MaybePromise } from '@poolclass/pools'
import type { Connection } from '../connection/connection.ts'
import { isUnprepared } from '../connection/unprepared.ts'
import type { SqliteError, SqliteErrorFactory } from '../drivers/driver.ts'
import { codeOf } from '../errors/error-kind.ts'
import { Wait } from './wait.ts'

/** A statement and the connection that it runs on. */
export interface RefusedStatement {
  readonly connection: Connection
  readonly sql: string
  /**
   * Whether it writes. Absent if SQLite can be asked. It cannot be asked about a pragma, because some take effect when SQLite
   * prepares them.
   */
  readonly writes?: boolean
}

/**
 * Repeats `attempt` until no lock of another connection is in its way.
 *
 * @param statement The statement that `attempt` runs, if it is only one.
 */
export type WhileBusy = <T>(attempt: () => MaybePromise<T>, statement?: RefusedStatement) => Promise<T>

/** How to wait for a lock that another connection holds. */
export interface BusyWait {
  /** The busy timeout in milliseconds, counted from the first refusal. */
  readonly timeout: number
  /** Makes the error for a lock that is not released in time. */
  readonly error: SqliteErrorFactory
  readonly signal?: AbortSignal | undefined
  /** Calls `wake` when a lock of this thread may have become free; returns a function that stops listening. */
  readonly onRelease?: ((wake: () => void) => () => void) | undefined
  /** Called when the wait has ended, with the time of the first refusal and the milliseconds from then to the last attempt. */
  readonly onEnd?: ((startTime: number, duration: number) => void) | undefined
}

/**
 * Repeats what SQLite has refused because of another connection's lock, until it succeeds or the busy timeout has passed. The
 * pauses are asynchronous. SQLite's own busy handler would block the thread, and so the event loop, which a lock holder in
 * this thread needs in order to finish.
 *
 * @param refusal The error of the first attempt. If it is not about a lock, this throws it again.
 * @throws SQLite's own error, with the time waited, when the busy timeout has passed; the signal's reason.
 */
export async function retryWhileBusy<T>(
  refusal: unknown,
  attempt: () => MaybePromise<T>,
  wait: BusyWait,
): Promise<T> {
  const start = performance.now()
  let waited = 0
  try {
    for (let round = 1, error = refusal; ; round += 1) {
      if (!isBusy(error)) throw error
      waited = performance.now() - start
      if (waited >= wait.timeout) throw busyError(wait.error, error.code, waited, 'another connection', error)
      const pausing = pause(Math.min(pauseBefore(round), wait.timeout - waited), wait)
      await pausing.finally(() => (waited = performance.now() - start))
      try {
        return await attempt()
      } catch (next) {
        error = next
      }
    }
  } finally {
    if (waited > 0) wait.onEnd?.(start, waited)
  }
}

/**
 * Makes a first attempt, and then continues as `retryWhileBusy` does.
 *
 * @param waitAfter How to wait. Called when SQLite has refused for the first time.
 * @param retry How to continue. Default is `retryWhileBusy`.
 */
export async function untilNotBusy<T>(
  attempt: () => MaybePromise<T>,
  waitAfter: (refusal: { readonly code: string }) => BusyWait,
  retry: typeof retryWhileBusy = retryWhileBusy,
): Promise<T> {
  try {
    return await attempt()
  } catch (refusal) {
    if (!isBusy(refusal)) throw refusal
    return await retry(refusal, attempt, waitAfter(refusal))
  }
}

/**
 * Whether SQLite refused because of a lock that will be released. `SQLITE_BUSY_SNAPSHOT` is not such a refusal: a read
 * transaction that wants to write after another connection has written stays refused until it ends,
 * https://www.sqlite.org/rescode.html#busy_snapshot
 *
 * This reads the code and not the class, because the user's handle may come from another copy of better-sqlite3.
 */
export function isBusy(error: unknown): error is { readonly code: string } {
  const code = codeOf(error)
  return code?.startsWith('SQLITE_BUSY') === true && code !== 'SQLITE_BUSY_SNAPSHOT'
}

/** Whether a statement with this error may already have taken SQLite's write lock, as one that breaks a constraint has. */
export function mayHaveLocked(error: unknown): boolean {
  if (isUnprepared(error)) return false
  const code = codeOf(error)
  return code?.startsWith('SQLITE_') === true && !REFUSED.test(code)
}

const REFUSED = /^SQLITE_(BUSY|READONLY)/

/** SQLite's error for a lock that `holder` did not release within `waited` milliseconds. SQLite's own text comes first. */
export function busyError(
  make: SqliteErrorFactory,
  code: string,
  waited: number,
  holder: string,
  cause?: unknown,
): SqliteError {
  const error = make(
    `database is locked: ${holder} kept its lock for ${Math.round(waited)} ms. ` +
      'Keep transactions short, or raise the busy timeout (connectArgs.timeout, in milliseconds)',
    code,
  )
  if (cause !== undefined) error.cause = cause
  return error
}

/** SQLite's error for a read transaction that wants to write while another connection writes. */
export function upgradeError(
  make: SqliteErrorFactory,
  { code }: { readonly code: string } = { code: 'SQLITE_BUSY' },
): SqliteError {
  return make(
    'database is locked: the transaction began with a read, and another connection writes. Waiting would be a deadlock, ' +
      "so SQLite refuses at once. Set transactionMode: 'immediate', or run the transaction again",
    code,
  )
}

/**
 * The pause before another attempt. It is 1 ms at first and doubles up to 32 ms. A part of it is random, because processes
 * that were refused together should not come back together.
 */
function pauseBefore(attempt: number): number {
  const longest = Math.min(2 ** (attempt - 1), 32)
  return longest / 2 + (Math.random() * longest) / 2
}

function pause(delay: number, { signal, onRelease }: BusyWait): Promise<void> {
  const wait = new Wait(signal)
  wait.after(delay, wait.end)
  const stopListening = onRelease?.(wait.end)
  return stopListening === undefined ? wait.over : wait.over.finally(stopListening)
}
