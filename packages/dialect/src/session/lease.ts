import type { MaybePromise } from '@poolclass/pools'
import type { CompiledQuery, QueryId } from 'kysely'
import { beginsTransaction, firstKeyword } from '../connection/first-keyword.ts'
import type { Engine } from '../engine.ts'
import { Checkout } from './checkout.ts'
import type { Overdue } from '../errors/session-errors.ts'
import { OwnSettings } from './own-settings.ts'
import { SentTransaction } from './sent-transaction.ts'
import { Transaction, type TransactionSession } from './transaction.ts'
import { TurnToRead } from './turn-to-read.ts'
import { TurnToWrite } from './turn-to-write.ts'
import { StatementOrder } from './statement-order.ts'
import { Waits } from './waits.ts'

/** What a session holds from its begin to its end, and how it gives that back. */
export abstract class Lease {
  protected readonly engine: Engine
  protected readonly order: StatementOrder = new StatementOrder()
  protected readonly waits: Waits
  protected readonly checkout: Checkout
  protected readonly turnToWrite: TurnToWrite
  /** The query that Kysely's executor acquired the session for, if it did. */
  protected query: QueryId | undefined
  protected statements = 0
  /** The query that it ran last. */
  protected ran: QueryId | undefined
  /** Created when a checkpoint is in the way for the first time. */
  #turnToRead: TurnToRead | undefined
  /** Created with the first transaction. */
  protected begun: Transaction | undefined
  /** Created with the first transaction that a statement of the user begins, if transactions have a time limit. */
  protected sent: SentTransaction | undefined
  /** Created with the first statement that sets something. */
  protected settings: OwnSettings | undefined
  /** One of Kysely's strategies for aborted queries told the running statement to end. */
  protected isToEnd = false
  #isKilled = false

  constructor(engine: Engine, query: QueryId | undefined) {
    this.engine = engine
    this.query = query
    this.waits = new Waits(engine)
    this.checkout = new Checkout(engine, this.waits)
    this.turnToWrite = new TurnToWrite(engine, this.checkout, this.waits)
  }

  get transaction(): Transaction {
    return (this.begun ??= this.newTransaction())
  }

  abstract readonly isWatched: boolean
  abstract executeQuery(...args: Parameters<TransactionSession['executeQuery']>): Promise<unknown>
  abstract send(...args: Parameters<TransactionSession['send']>): MaybePromise<unknown>

  /**
   * The signal ends waits for locks. A statement in another thread ends between two rows. A statement in this thread has
   * already ended.
   */
  async cancelQuery(): Promise<void> {
    this.isToEnd = true
    this.checkout.connection?.cancel()
  }

  /**
   * Gives up the connection and the thread that it lives in. If it lives in this thread, a pool of several connections does
   * not use it again.
   */
  async killSession(): Promise<void> {
    this.isToEnd = true
    this.#isKilled = true
    this.checkout.connection?.kill()
  }

  /**
   * Gives back what the session holds. Waits for the statement that SQLite is running, and refuses at once what has not
   * begun. A second release does nothing.
   */
  release(): Promise<void> {
    if (this.waits.ended) return DONE
    const running = this.order.close()
    this.waits.end(running !== undefined)
    return running === undefined ? this.#release() : this.#releaseAfter(running)
  }

  /** Ends what was left open, and gives back the connection and the turn to write. */
  async giveBack(): Promise<void> {
    this.settings?.record()
    let discard = this.#discard
    let lost: { readonly because: unknown } | undefined
    try {
      await this.begun?.abandon()
      lost = await this.checkout.commitLeftOpen(this.waits.busyTimeout)
      discard ??= lost
    } catch (error) {
      discard = { because: error }
    }
    try {
      await this.checkout.giveBack(discard)
    } finally {
      this.turnToWrite.leave()
    }
    if (lost !== undefined) throw lost.because
  }

  /** It was acquired for one query, which has run, and nothing else has. */
  protected get hasRunItsQueryOnly(): boolean {
    return (
      this.statements === 1 &&
      this.ran === this.query &&
      this.begun === undefined &&
      this.settings === undefined &&
      !this.isToEnd
    )
  }

  /** Called when a statement begins. */
  protected noteBegun(query: CompiledQuery): void {
    this.ran = query.queryId
    if (this.engine.opensEachTime) this.checkout.isForOneSelect = this.hasRunItsQueryOnly && isSelect(query)
  }

  /** Waits while the connection of a write is on its way back to the pool; undefined if there is nothing to wait for. */
  protected releaseBefore(query: CompiledQuery): Promise<void> | undefined {
    const { releaseLine, writes } = this.engine
    if (releaseLine === undefined || !releaseLine.isOpen || this.checkout.connected) return undefined
    return releaseLine.join(this.checkout, !isSelect(query) || writes.get(query.sql) === true)
  }

  /**
   * Gives the connection back behind a select. Kysely's executor takes some steps to the release, and the queries that run at the
   * same time would take other connections meanwhile, or wait for this one.
   *
   * Behind a write the connection stays. Code that has kept the session may ask for `changes()` or `last_insert_rowid()`. The
   * queries that come before the release wait for it.
   */
  protected afterStatement(query: CompiledQuery): void {
    const isOnItsWay =
      query.queryId === this.query &&
      this.hasRunItsQueryOnly &&
      this.engine.givesBackEarly &&
      !this.#holdsMore
    if (isOnItsWay && isSelect(query)) {
      void this.checkout.giveBack()
      return
    }
    if (isOnItsWay) this.engine.releaseLine?.noteWriter(this.checkout)
    this.checkout.watch()
  }

  protected newTransaction(): Transaction {
    return new Transaction(this.engine, this, this.checkout, this.order)
  }

  /** Rolls the transaction back. If its user is ending it now, this waits to see whether that succeeds. */
  transactionOverdue(overdue: Overdue): void {
    if (this.order.isEnding) this.transaction.noteOverdue(overdue)
    else void this.#endOverdue(this.transaction, overdue)
  }

  /** The transaction that `sql` is about to begin; undefined if it begins none, or none with a time limit. */
  protected beginningOf(sql: string): SentTransaction | undefined {
    const { engine, begun, checkout } = this
    const { transactionLimit: limit } = engine
    if (limit === undefined || begun?.isOpen === true || !beginsTransaction(sql)) return undefined
    if (checkout.connection?.inTransaction === true) return undefined
    checkout.markTaken('a transaction', this.executeQuery)
    this.sent ??= new SentTransaction(limit, checkout, (...given) => void this.#endOverdue(...given))
    this.sent.isJoined = checkout.connected
    return this.sent
  }

  /** A transaction, a stream and a lent handle have already noted their place. */
  protected notePlace(what: string): void {
    if (this.checkout.takenAt === undefined) this.checkout.markTaken(what, this.executeQuery)
  }

  protected get turnToRead(): TurnToRead {
    const { engine, checkout, turnToWrite, waits } = this
    return (this.#turnToRead ??= new TurnToRead(engine, checkout, turnToWrite, waits))
  }

  protected get ownSettings(): OwnSettings {
    return (this.settings ??= new OwnSettings(this.engine, this.checkout, this.turnToWrite, this.waits))
  }

  /** Never rejects. */
  async #endOverdue(transaction: Transaction | SentTransaction, overdue: Overdue): Promise<void> {
    if (this.order.isOver) return
    try {
      await this.order.takeOwnTurn()
    } catch {
      // The session has ended meanwhile.
      return
    }
    try {
      const isFree = await transaction.rollbackOverdue(overdue)
      if (isFree) await this.checkout.giveBack(this.#discard)
    } catch (error) {
      await this.checkout.giveBack({ because: error })
    }
    this.turnToWrite.statementDone(undefined)
    this.order.endTurn()
  }

  /** Why the connection must not be used again, if that is so. */
  get #discard(): { readonly because: unknown } | undefined {
    return this.#isAltered && this.engine.pool.capacity > 1 ? ALTERED : undefined
  }

  get #isAltered(): boolean {
    return this.#isKilled || this.settings?.altered === true
  }

  #release(): Promise<void> {
    this.sent?.end()
    this.sent = undefined
    return this.#holdsMore ? this.giveBack() : this.checkout.giveBack()
  }

  /** Something has to be ended before the pool may have the connection. */
  get #holdsMore(): boolean {
    return (
      this.settings?.hasChanges === true ||
      this.#isKilled ||
      this.begun?.isOpen === true ||
      this.turnToWrite.isTaken ||
      this.checkout.isToCommit
    )
  }

  async #releaseAfter(running: Promise<void>): Promise<void> {
    const { connection } = this.checkout
    // A connection that is still being opened goes back to the pool once it is open.
    if (connection !== undefined) {
      await connection.stopReading()
      await running
    }
    await this.#release()
  }
}

function isSelect({ query, sql }: CompiledQuery): boolean {
  return query.kind === 'SelectQueryNode' || (query.kind === 'RawNode' && firstKeyword(sql) === 'select')
}

const DONE = Promise.resolve()
const ALTERED: { readonly because: unknown } = { because: 'its settings were changed for one session' }
