import type { MaybePromise } from '@poolclass/pools'
import type { Connection, StatementResult } from '../connection/connection.ts'
import { beginsTransaction } from '../connection/first-keyword.ts'
import { quoted } from '../connection/identifier.ts'
import { type BusyWait, type RefusedStatement, retryWhileBusy } from './busy.ts'

/** As `retryWhileBusy`, for a statement. A statement that writes succeeds even if other connections read all the time. */
export function retryOf(statement: RefusedStatement): typeof retryWhileBusy {
  return (refusal, attempt, wait) => retryStatement(statement, refusal, attempt, wait)
}

async function retryStatement<T>(
  statement: RefusedStatement,
  refusal: unknown,
  attempt: () => MaybePromise<T>,
  wait: BusyWait,
): Promise<T> {
  // Within a transaction, readers can only block the commit, and a refused COMMIT keeps its lock.
  if (statement.connection.inTransaction) return await retryWhileBusy(refusal, attempt, wait)
  const lock = new LockAhead(statement)
  const attemptUnlessAborted = (): MaybePromise<T> => {
    wait.signal?.throwIfAborted()
    return attempt()
  }
  try {
    return await retryWhileBusy(refusal, () => lock.attempt(attemptUnlessAborted), wait)
  } finally {
    await lock.release()
  }
}

/**
 * Takes the exclusive lock before a statement that SQLite would refuse without it.
 *
 * With a rollback journal, a commit has to wait until no connection reads. SQLite keeps new readers away meanwhile: “No new
 * SHARED locks are permitted against the database if a PENDING lock is active, though existing SHARED locks are allowed to
 * continue”, https://www.sqlite.org/lockingv3.html#locking. But if SQLite refuses a statement that is a transaction of its
 * own, it rolls the statement back and gives this lock up. The same is true of `begin exclusive`. If other connections read
 * all the time, one of them is always in the way of the next attempt.
 *
 * The locking mode keeps the lock between two attempts: “When the locking-mode is set to EXCLUSIVE, the database connection
 * never releases file-locks”, https://www.sqlite.org/pragma.html#pragma_locking_mode. The mode is set once no other writer is
 * in the way, because a kept lock and another writer would be a deadlock. The mode is normal again when the statement runs.
 */
class LockAhead {
  readonly #connection: Connection
  readonly #sql: string
  /** The statement writes, and readers can be in its way. */
  #isOfUse: boolean | undefined
  /** The databases with locks that are kept. */
  #kept: readonly string[] = []
  #keptSince = 0
  /** Other connections may read until then. */
  #restsUntil = 0
  #patience = FIRST_PATIENCE

  constructor({ connection, sql, writes }: RefusedStatement) {
    this.#connection = connection
    this.#sql = sql
    this.#isOfUse = writes
  }

  /** Tries once to take the lock, and runs the statement if it gets the lock. */
  async attempt<T>(run: () => MaybePromise<T>): Promise<T> {
    this.#isOfUse ??= !(await this.#connection.inspect(this.#sql)).readonly
    if (!this.#isOfUse || performance.now() < this.#restsUntil) return await run()
    if (this.#kept.length === 0) await this.#keepLocks()
    if (this.#kept.length === 0) return await run()
    if (beginsTransaction(this.#sql)) return await this.#whilePatient(run)
    await this.#whilePatient(() => this.#execute('begin exclusive'))
    await this.#execute('rollback')
    // Before the statement, because in the exclusive mode the statement would leave its journal behind.
    await this.#setLockingMode('normal', this.#kept)
    try {
      return await run()
    } finally {
      await this.release()
    }
  }

  /** Gives up the locks, or leaves them to the transaction that has begun. */
  async release(): Promise<void> {
    const databases = this.#kept
    if (databases.length === 0 || this.#connection.closed === true) return
    this.#kept = []
    await this.#setLockingMode('normal', databases)
    if (this.#connection.inTransaction) return
    for (const name of databases) await this.#access(name)
  }

  /** Keeps the locks from here on. It also takes the first lock, which SQLite refuses while another connection writes. */
  async #keepLocks(): Promise<void> {
    await this.#execute('begin immediate')
    try {
      this.#kept = await this.#databasesThatReadersBlock()
      await this.#setLockingMode('exclusive', this.#kept)
    } finally {
      await this.#execute('rollback')
    }
    this.#isOfUse = this.#kept.length > 0
    this.#keptSince = performance.now()
  }

  /** In WAL mode readers block no writer, and a database that is private to the connection has no other readers. */
  async #databasesThatReadersBlock(): Promise<string[]> {
    const { rows } = await this.#execute('pragma database_list')
    const blocked: string[] = []
    for (const { name } of rows as { name: string }[]) {
      // oxlint-disable no-await-in-loop -- a connection does one thing at a time
      const isWal = (await this.#pragma(name, 'journal_mode')) === 'wal'
      const isPrivate = (await this.#pragma(name, 'locking_mode')) === 'exclusive'
      // oxlint-enable no-await-in-loop
      if (!isWal && !isPrivate) blocked.push(name)
    }
    return blocked
  }

  /**
   * Lets other connections read now and then, for as long as it has kept them from reading. A present reader may be waiting
   * for one of them. Each time it keeps the lock for longer, because long reads need time to end.
   */
  async #whilePatient<T>(takeLock: () => MaybePromise<T>): Promise<T> {
    try {
      return await takeLock()
    } catch (refusal) {
      if (performance.now() - this.#keptSince > this.#patience) {
        await this.release()
        this.#restsUntil = performance.now() + this.#patience
        this.#patience *= 2
      }
      throw refusal
    }
  }

  async #setLockingMode(mode: 'normal' | 'exclusive', databases: readonly string[]): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop -- a connection does one thing at a time
    for (const name of databases) await this.#pragma(name, 'locking_mode', mode)
  }

  /**
   * Without this access the lock stays: “locks are not released until the next time the database file is accessed”,
   * https://www.sqlite.org/pragma.html#pragma_locking_mode. The end of the access releases the lock, even if the access
   * fails.
   */
  async #access(database: string): Promise<void> {
    try {
      await this.#execute(`select 1 from ${quoted(database)}.sqlite_schema limit 1`)
    } catch {}
  }

  async #pragma(database: string, pragma: 'journal_mode' | 'locking_mode', value?: string): Promise<unknown> {
    const assignment = value === undefined ? '' : ` = ${value}`
    const { rows } = await this.#execute(`pragma ${quoted(database)}.${pragma}${assignment}`)
    return (rows[0] as Record<typeof pragma, unknown>)[pragma]
  }

  #execute(sql: string): MaybePromise<StatementResult> {
    return this.#connection.execute(sql, [])
  }
}

/** Milliseconds. */
const FIRST_PATIENCE = 50
