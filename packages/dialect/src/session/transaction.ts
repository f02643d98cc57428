import type { MaybePromise } from '@poolclass/pools'
import type { CompiledQuery, TransactionSettings } from 'kysely'
import type { Engine } from '../engine.ts'
import type { Overdue, TransactionLostError } from '../errors/session-errors.ts'
import { type TransactionOwner, warnOfOverdue } from '../limits/transaction-timeout.ts'
import { orderedTurn } from '../waiting/event-loop-turn.ts'
import { KYSELY_KNOWS_ABORTED, markedAsAborted } from './aborted-mark.ts'
import type { Checkout } from './checkout.ts'
import { QueryOnly } from './query-only.ts'
import type { StatementOrder } from './statement-order.ts'
import { BEGIN, COMMIT, ROLLBACK, type TransactionCommand } from './transaction-commands.ts'
import { TransactionLoss } from './transaction-loss.ts'

/** A session, as its transaction uses it. Each statement goes through Kysely's log and the session's order of statements. */
export interface TransactionSession extends TransactionOwner {
  executeQuery(query: CompiledQuery, options?: TransactionCommand): Promise<unknown>
  /** As `executeQuery`, but without a promise if the command waits for nothing and nobody watches. */
  send(command: CompiledQuery, options?: TransactionCommand): MaybePromise<unknown>
  /** Somebody sees its statements, and may run code of the user's behind each. */
  readonly isWatched: boolean
  /** Gives back what the session holds. The session can continue with another connection. */
  giveBack(): Promise<void>
}

/** The transactions that Kysely begins on a session, one after the other. */
export class Transaction {
  readonly loss: TransactionLoss
  readonly #engine: Engine
  readonly #session: TransactionSession
  readonly #checkout: Checkout
  readonly #order: StatementOrder
  /** Created with the first read-only transaction. */
  #queryOnly: QueryOnly | undefined
  #isOpen = false
  /** The session had its connection before the transaction began. */
  #isJoined = false
  /** It exceeded its time limit while its user was ending it. That end may fail. */
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
   * Begins the transaction. If that fails, this gives back what it took. SQLite's transactions are serializable, which
   * satisfies every isolation level that a user can ask for. A transaction that is still open here was left behind: Kysely
   * begins none inside another. It also does not roll back a transaction that ends with an error marked as of an aborted
   * transaction, even if the mark comes from another transaction.
   *
   * @param from The transaction was begun where this function was called.
   */
  begin(settings: TransactionSettings, from: (...args: never[]) => unknown): Promise<void> {
    if (this.#isOpen) return this.rollback().then(() => this.begin(settings, from))
    const isReadOnly = settings.accessMode === 'read only'
    const { statement, command } = BEGIN[isReadOnly ? 'deferred' : this.#engine.config.transactionMode]
    this.#isJoined = this.#checkout.connected
    if (this.#isJoined) this.#order.goesOn = true
    const isNamedLater =
      this.#engine.namesHoldersLater && !isReadOnly && !this.#isJoined && !this.#session.isWatched
    if (!isNamedLater) this.#checkout.markTaken('a transaction', from)
    this.#engine.nestedUse.enter(this.#checkout)
    // Set before SQLite has begun it, because a release may come between that and the answer.
    this.#isOpen = true
    const beginning = this.#session.send(statement, command)
    if (isNamedLater && !(beginning instanceof Promise)) {
      this.#engine.transactionLimit?.begin(this.#session)
      return this.#checkout.markTakenSoon('a transaction', from)
    }
    if (isNamedLater) this.#checkout.markTaken('a transaction', from)
    return this.#untilBegun(beginning, isReadOnly)
  }

  async #untilBegun(beginning: MaybePromise<unknown>, isReadOnly: boolean): Promise<void> {
    try {
      await beginning
      if (isReadOnly) await (this.#queryOnly ??= new QueryOnly(this.#checkout, this.#order)).set()
      // The session may have been released meanwhile.
      if (this.#isOpen) this.#engine.transactionLimit?.begin(this.#session)
    } catch (error) {
      if (!this.#order.isOver) await (this.#isJoined ? this.#end() : this.#session.giveBack())
      throw error
    }
  }

  /** @throws TransactionLostError if SQLite has already rolled the transaction back; ThreadDiedError if its thread has ended. */
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
        const committing = this.#session.send(COMMIT)
        if (committing instanceof Promise) await committing
        const restoring = this.#end()
        if (restoring !== undefined) await restoring
      }
    } finally {
      await this.#reopenAfter(COMMIT)
    }
    if (lost !== undefined) throw markedAsAborted(lost)
  }

  /** Does not fail if SQLite or the release has already rolled it back. A connection that cannot roll back is closed. */
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

  /** Rolls back a transaction that Kysely has left open. */
  async abandon(): Promise<void> {
    const { connection } = this.#checkout
    const isLeftOpen = this.#isOpen
    this.#isOpen = false
    if (isLeftOpen) await connection?.rollback()
    await this.#end()
  }

  /** Has it rolled back if it is still open after the command that is on its way. */
  noteOverdue(overdue: Overdue): void {
    this.#overdue = overdue
  }

  /**
   * Rolls back a transaction that has been open for too long. The user's next statement fails with the reason.
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

  /** Ends a lost transaction, because Kysely does not roll it back. */
  async #endLost(): Promise<void> {
    this.#order.expectLate()
    await this.#end()
  }

  /** Gives earlier statements their turns, and refuses later ones. Undefined if there is nothing to wait for. */
  #closeFor(command: CompiledQuery): Promise<void> | undefined {
    const before = this.#order.closeFor(command)
    // At once, and not in its turn, because the current turn may be a stream's, and its first chunk may take long.
    const stopping = this.#stopReading()
    return before === undefined && stopping === undefined ? undefined : this.#untilStill(before, stopping)
  }

  async #untilStill(before: Promise<void> | undefined, stopping: MaybePromise<void>): Promise<void> {
    await Promise.all([stopping, before])
    // A stream may have begun meanwhile.
    await this.#stopReading()
    this.#order.throwIfOver()
  }

  #reopenAfter(command: CompiledQuery): Promise<void> {
    const reopening = this.#order.reopenAfter(command)
    const isLimited = this.#engine.transactionLimit !== undefined
    return isLimited ? reopening.then(() => this.#endOverdue()) : reopening
  }

  #endOverdue(): void {
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
