import type { MaybePromise } from '@poolclass/pools'
import { CompiledQuery, type TransactionSettings } from 'kysely'
import type { Engine } from '../engine.ts'
import type { Overdue, TransactionLostError } from '../errors/session-errors.ts'
import { type TransactionOwner, warnOfOverdue } from '../limits/transaction-timeout.ts'
import { orderedTurn } from '../waiting/event-loop-turn.ts'
import { KYSELY_KNOWS_ABORTED, markedAsAborted } from './aborted-mark.ts'
import type { Checkout } from './checkout.ts'
import { QueryOnly } from './query-only.ts'
import type { StatementOrder } from './statement-order.ts'
import { TransactionLoss } from './transaction-loss.ts'

/** What the session has to know of a command about the transaction. */
export interface TransactionCommand {
  /** Whether it writes, where that is known without asking SQLite. */
  readonly writes?: boolean
  /** It ends the streams that are still open, under which the connection refuses it. Kysely does not wait for the end of an aborted one. */
  readonly endsReading?: boolean
}

/** A session, as its transaction uses it: each statement passes Kysely's log and the session's order of statements. */
export interface TransactionSession extends TransactionOwner {
  executeQuery(query: CompiledQuery, options?: TransactionCommand): Promise<unknown>
  /** Gives back what the session holds. It can go on with another connection. */
  giveBack(): Promise<void>
}

/** The transactions that Kysely begins on a session, one after the other. */
export class Transaction {
  readonly loss: TransactionLoss
  readonly #engine: Engine
  readonly #session: TransactionSession
  readonly #checkout: Checkout
  readonly #order: StatementOrder
  /** Made with the first that is read-only. */
  #queryOnly: QueryOnly | undefined
  #isOpen = false
  /** Its session had its connection before it began. */
  #isJoined = false
  /** It was open for too long while its user ended it, which may fail. */
  #overdue: Overdue | undefined

  constructor(engine: Engine, session: TransactionSession, checkout: Checkout, order: StatementOrder) {
    this.#engine = engine
    this.#session = session
    this.#checkout = checkout
    this.#order = order
    this.loss = new TransactionLoss(checkout)
  }

  /** Kysely has begun it, or is about to, and has not ended it. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /**
   * Begins it; where that fails, what it took is given back. SQLite's transactions are serializable, which satisfies every
   * isolation level that can be asked for. One that is still open was left: Kysely begins none inside another, and rolls none
   * back that ends with an error marked as of an aborted transaction, whoever's that is.
   *
   * @param from The function whose caller began the transaction.
   */
  async begin({ accessMode }: TransactionSettings, from: (...args: never[]) => unknown): Promise<void> {
    const isReadOnly = accessMode === 'read only'
    const { statement, writes } = BEGIN[isReadOnly ? 'deferred' : this.#engine.config.transactionMode]
    if (this.#isOpen) await this.rollback()
    this.#isJoined = this.#checkout.connected
    if (this.#isJoined) this.#order.goesOn = true
    this.#checkout.markTaken('a transaction', from)
    this.#engine.nestedUse.enter(this.#checkout)
    // Before SQLite has begun it: a release may come between that and the answer.
    this.#isOpen = true
    try {
      await this.#session.executeQuery(statement, { writes })
      if (isReadOnly) await (this.#queryOnly ??= new QueryOnly(this.#checkout, this.#order)).set()
      // Its session may have been released meanwhile.
      if (this.#isOpen) this.#engine.transactionLimit?.begin(this.#session)
    } catch (error) {
      if (!this.#order.isOver) await (this.#isJoined ? this.#end() : this.#session.giveBack())
      throw error
    }
  }

  /** @throws TransactionLostError where SQLite has rolled the transaction back already; ThreadDiedError where its thread has ended. */
  async commit(): Promise<void> {
    let lost: TransactionLostError | undefined
    try {
      const before = this.#closeFor(COMMIT)
      if (before !== undefined) await before
      const turn = orderedTurn()
      if (turn !== undefined) await this.#afterTurn(turn)
      const isAlive = this.#checkout.connection?.closed !== true
      if (isAlive && !this.#isInSqlite) {
        lost = this.loss.commitError
        if (KYSELY_KNOWS_ABORTED) await this.#endLost()
      } else {
        await this.#session.executeQuery(COMMIT)
        const restoring = this.#end()
        if (restoring !== undefined) await restoring
      }
    } finally {
      await this.#reopenAfter(COMMIT)
    }
    if (lost !== undefined) throw markedAsAborted(lost)
  }

  /** That SQLite or the release has rolled it back already is fine. A connection that cannot roll back is closed. */
  async rollback(): Promise<void> {
    if (this.#order.isOver) return
    try {
      const before = this.#closeFor(ROLLBACK)
      if (before !== undefined) await before
      if (this.#isInSqlite) await this.#session.executeQuery(ROLLBACK)
      else this.#order.expectLate()
      await this.#end()
    } catch (error) {
      if (this.#order.isOver) return
      await this.#session.giveBack()
      throw error
    } finally {
      await this.#reopenAfter(ROLLBACK)
    }
  }

  /** Undoes what was sent since a savepoint. */
  async rollbackTo(command: CompiledQuery): Promise<void> {
    try {
      const before = this.#closeFor(command)
      if (before !== undefined) await before
      await this.#session.executeQuery(command)
    } finally {
      await this.#reopenAfter(command)
    }
  }

  /** Rolls back what Kysely has left open. */
  async abandon(): Promise<void> {
    const { connection } = this.#checkout
    const isLeftOpen = this.#isOpen
    this.#isOpen = false
    if (isLeftOpen) await connection?.rollback()
    await this.#end()
  }

  /** Has it rolled back if it is still open behind the command that is on its way. */
  noteOverdue(overdue: Overdue): void {
    this.#overdue = overdue
  }

  /**
   * Rolls back what has been open for too long. Its user is told with the next statement.
   *
   * @returns whether its connection is free for others.
   */
  async rollbackOverdue(overdue: Overdue): Promise<boolean> {
    if (!this.#isOpen || !this.#isInSqlite) return false
    const connection = this.#checkout.connection!
    this.loss.noteRolledBack(overdue)
    warnOfOverdue(overdue, connection.label, this.#checkout.takenAt)
    await connection.rollback()
    await this.#queryOnly?.restore()
    return !this.#isJoined
  }

  noteStatement(sql: string): void {
    if (this.#isOpen) this.loss.noteStatement(sql)
  }

  noteFailure(error: unknown): void {
    if (this.#isOpen) this.loss.noteFailure(error)
  }

  get #isInSqlite(): boolean {
    return this.#checkout.connection?.inTransaction === true
  }

  /** Kysely rolls back nothing. */
  async #endLost(): Promise<void> {
    this.#order.expectLate()
    await this.#end()
  }

  /** Those who came before have their turns, those who come later are refused. Undefined where there is nobody to wait for. */
  #closeFor(command: CompiledQuery): Promise<void> | undefined {
    const before = this.#order.closeFor(command)
    // Now, and not in its turn: that may be a stream's, whose first chunk takes long.
    const stopping = this.#stopReading()
    return before === undefined && stopping === undefined ? undefined : this.#untilStill(before, stopping)
  }

  async #untilStill(before: Promise<void> | undefined, stopping: MaybePromise<void>): Promise<void> {
    await Promise.all([stopping, before])
    // A stream may have begun meanwhile.
    await this.#stopReading()
    this.#order.throwIfOver()
  }

  async #reopenAfter(command: CompiledQuery): Promise<void> {
    await this.#order.reopenAfter(command)
    const overdue = this.#overdue
    if (overdue === undefined) return
    this.#overdue = undefined
    this.#session.transactionOverdue(overdue)
  }

  async #afterTurn(turn: Promise<void>): Promise<void> {
    await turn
    this.#order.throwIfOver()
  }

  #stopReading(): MaybePromise<void> {
    return this.#checkout.connection?.stopReading()
  }

  #end(): Promise<void> | undefined {
    this.#engine.transactionLimit?.end(this.#session)
    this.#isOpen = false
    this.#overdue = undefined
    this.loss.forget()
    return this.#queryOnly?.restore()
  }
}

/** How a transaction begins in each mode, and whether that takes the write lock, as https://www.sqlite.org/c3ref/stmt_readonly.html says. */
const BEGIN = {
  deferred: { statement: CompiledQuery.raw('begin deferred'), writes: false },
  immediate: { statement: CompiledQuery.raw('begin immediate'), writes: true },
  exclusive: { statement: CompiledQuery.raw('begin exclusive'), writes: true },
} as const

const COMMIT = CompiledQuery.raw('commit')
const ROLLBACK = CompiledQuery.raw('rollback')

export const ENDS_READING: TransactionCommand = { endsReading: true }
