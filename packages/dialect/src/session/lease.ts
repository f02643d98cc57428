import type { Engine } from '../engine.ts'
import { Checkout } from './checkout.ts'
import type { Overdue } from '../errors/session-errors.ts'
import { OwnSettings } from './own-settings.ts'
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
  /** Created when a checkpoint is in the way for the first time. */
  #turnToRead: TurnToRead | undefined
  /** Created with the first transaction. */
  protected begun: Transaction | undefined
  /** Created with the first statement that sets something. */
  protected settings: OwnSettings | undefined
  /** One of Kysely's strategies for aborted queries told the running statement to end. */
  protected isToEnd = false
  #isKilled = false

  constructor(engine: Engine) {
    this.engine = engine
    this.waits = new Waits(engine)
    this.checkout = new Checkout(engine, this.waits)
    this.turnToWrite = new TurnToWrite(engine, this.checkout, this.waits)
  }

  get transaction(): Transaction {
    return (this.begun ??= this.newTransaction())
  }

  abstract executeQuery(...args: Parameters<TransactionSession['executeQuery']>): Promise<unknown>

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

  protected newTransaction(): Transaction {
    return new Transaction(this.engine, this, this.checkout, this.order)
  }

  /** Rolls the transaction back. If its user is ending it now, this waits to see whether that succeeds. */
  transactionOverdue(overdue: Overdue): void {
    if (this.order.isOver) return
    if (this.order.isEnding) this.transaction.noteOverdue(overdue)
    else void this.#endOverdue(overdue)
  }

  protected get turnToRead(): TurnToRead {
    const { engine, checkout, turnToWrite, waits } = this
    return (this.#turnToRead ??= new TurnToRead(engine, checkout, turnToWrite, waits))
  }

  protected get ownSettings(): OwnSettings {
    return (this.settings ??= new OwnSettings(this.engine, this.checkout, this.turnToWrite, this.waits))
  }

  /** Never rejects. */
  async #endOverdue(overdue: Overdue): Promise<void> {
    try {
      await this.order.takeOwnTurn()
    } catch {
      // The session has ended meanwhile.
      return
    }
    try {
      const isFree = await this.transaction.rollbackOverdue(overdue)
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
    const hasMore =
      this.settings?.hasChanges === true ||
      this.#isKilled ||
      this.begun?.isOpen === true ||
      this.turnToWrite.isTaken ||
      this.checkout.isToCommit
    return hasMore ? this.giveBack() : this.checkout.giveBack()
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

const DONE = Promise.resolve()
const ALTERED: { readonly because: unknown } = { because: 'its settings were changed for one session' }
