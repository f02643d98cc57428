import { tellEnd, tellFailure } from '@poolclass/pools/trace'
import type { TransactionSettings } from 'kysely'
import type { Engine } from '../engine.ts'
import type { Checkout } from '../session/checkout.ts'
import { Transaction, type TransactionSession } from '../session/transaction.ts'
import type { StatementOrder } from '../session/statement-order.ts'
import { type MessageSource, transactionChannel, type TransactionMessage } from './channels.ts'

/** A transaction that tells its channel of its begin, its failures and its end. */
export class ObservedTransaction extends Transaction {
  readonly #engine: Engine
  readonly #checkout: Checkout
  readonly #source: MessageSource & Pick<TransactionMessage, 'session'>
  /** While it is open. */
  #message: TransactionMessage | undefined

  constructor(
    engine: Engine,
    session: TransactionSession,
    checkout: Checkout,
    order: StatementOrder,
    source: MessageSource & Pick<TransactionMessage, 'session'>,
  ) {
    super(engine, session, checkout, order)
    this.#engine = engine
    this.#checkout = checkout
    this.#source = source
  }

  override async begin(settings: TransactionSettings, from: (...args: never[]) => unknown): Promise<void> {
    if (this.isOpen) await this.rollback()
    const isReadOnly = settings.accessMode === 'read only'
    const mode = isReadOnly ? 'deferred' : this.#engine.config.transactionMode
    const message: TransactionMessage = {
      ...this.#source,
      mode,
      isReadOnly,
      startTime: performance.now(),
    }
    this.#message = message
    transactionChannel.start.publish(message)
    transactionChannel.end.publish(message)
    try {
      await super.begin(settings, from)
    } catch (error) {
      this.#noteFault(error)
      this.#noteEnd()
      throw error
    }
    const label = this.#checkout.connection?.label
    if (label !== undefined) message.connection = label
  }

  override async commit(): Promise<void> {
    try {
      await super.commit()
    } catch (error) {
      this.#noteFault(error)
      if (!this.isOpen) this.#noteEnd('rollback')
      throw error
    }
    this.#noteEnd('commit')
  }

  override async rollback(): Promise<void> {
    try {
      await super.rollback()
    } catch (error) {
      this.#noteFault(error)
      throw error
    } finally {
      this.#noteEnd('rollback')
    }
  }

  override async abandon(): Promise<void> {
    try {
      await super.abandon()
    } finally {
      this.#noteEnd('rollback')
    }
  }

  #noteFault(error: unknown): void {
    if (this.#message !== undefined) tellFailure(transactionChannel, this.#message, error)
  }

  #noteEnd(outcome?: 'commit' | 'rollback'): void {
    const message = this.#message
    if (message === undefined) return
    this.#message = undefined
    if (outcome !== undefined) message.outcome = outcome
    tellEnd(transactionChannel, message)
  }
}
