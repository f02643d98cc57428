import { withDeeperStack } from '../../connection/deeper-stack.ts'
import { transactionEnd } from '../../connection/first-keyword.ts'
import type { PreparedStatement } from './prepared-statement.ts'
import { readTooLong, refusedAfterOverrun } from '../../errors/limits-errors.ts'

/**
 * How long a statement of one connection may take.
 *
 * SQLite computes a row in one go. So JavaScript can end a statement between two rows, and what has no rows not at all. A
 * write that took too long is done; the transaction that it was in gets no further statement, because that may take as long.
 */
export class StatementLimit {
  readonly #label: string
  readonly #milliseconds: number
  /** How long a write of the open transaction took, if that was too long. */
  #overrun = 0

  constructor(label: string, milliseconds: number) {
    this.#label = label
    this.#milliseconds = milliseconds
  }

  /** A statement that was quick some times is read in one go, which takes half of the time. */
  trusts({ quickRuns }: PreparedStatement): boolean {
    return quickRuns >= QUICK_RUNS
  }

  /** @throws StatementTimeoutError where the statement took too long. */
  noteRead(prepared: PreparedStatement, since: number): void {
    const took = performance.now() - since
    if (took < this.#milliseconds * QUICK) prepared.quickRuns += 1
    else prepared.quickRuns = 0
    if (took > this.#milliseconds) throw withDeeperStack(() => readTooLong(this.#label, this.#milliseconds))
  }

  /** For the rows of one statement. */
  clock(): RowClock {
    return new RowClock(this.#label, this.#milliseconds)
  }

  /** Notes the end of a statement that could not be ended before. */
  noteWrite(since: number, inTransaction: boolean): void {
    const took = performance.now() - since
    if (inTransaction && took > this.#milliseconds) this.#overrun = took
  }

  /** @throws StatementTimeoutError where the transaction may only be ended. */
  throwIfOverrun(sql: string, inTransaction: boolean): void {
    if (this.#overrun === 0) return
    if (!inTransaction) this.#overrun = 0
    else if (transactionEnd(sql) === undefined)
      throw withDeeperStack(() => refusedAfterOverrun(this.#label, this.#milliseconds, this.#overrun))
  }
}

/** The time that SQLite takes for the rows of one statement, and not the time of their reader. */
export class RowClock {
  readonly #label: string
  readonly #milliseconds: number
  #since = 0
  #spent = 0

  constructor(label: string, milliseconds: number) {
    this.#label = label
    this.#milliseconds = milliseconds
  }

  /** Some rows are about to be read. */
  start(): void {
    this.#since = performance.now() - this.#spent
  }

  /** Asked before each row. */
  throwIfOver(): void {
    this.#spent = performance.now() - this.#since
    if (this.#spent > this.#milliseconds)
      throw withDeeperStack(() => readTooLong(this.#label, this.#milliseconds))
  }
}

/** Of the time that a statement may take. */
const QUICK = 0.1
const QUICK_RUNS = 3
