import type { MaybePromise } from '@poolclass/pools'
import type { Connection } from '../connection/connection.ts'
import { controlsTransaction } from '../connection/first-keyword.ts'
import type { Engine } from '../engine.ts'
import { DestroyedError } from '../errors/session-errors.ts'
import { type BusyWait, mayHaveLocked, untilNotBusy, upgradeError } from '../waiting/busy.ts'
import { BEFORE_ALL, type WriteQueue } from '../waiting/write-queue.ts'
import type { Checkout } from './checkout.ts'
import type { Waits } from './waits.ts'

/**
 * The turn of a session among the writers of this thread. A statement that writes waits for its turn, and takes a connection
 * then. The turn ends when SQLite releases its own write lock.
 */
export class TurnToWrite {
  readonly #engine: Engine
  readonly #checkout: Checkout
  readonly #waits: Waits
  /** It waits in the write queue, or has the lock. */
  #isTaken = false
  /** Its place in the write queue, while it is taken. */
  #place = 0
  /** The session had its connection before it queued, and keeps it. */
  #isHolder = false
  /** The open transaction has a read lock. */
  #hasRead = false
  /** It tries to turn its read lock into the write lock. */
  #isUpgrading = false
  /** SQLite has given the open transaction its write lock. */
  #hasLocked = false

  constructor(engine: Engine, checkout: Checkout, waits: Waits) {
    this.#engine = engine
    this.#checkout = checkout
    this.#waits = waits
  }

  /** It waits in the write queue, or has the lock. */
  get isTaken(): boolean {
    return this.#isTaken
  }

  /**
   * Gets the connection for `sql`, once nothing in this thread is in its way.
   *
   * @param knownToWrite Whether `sql` writes, if that is known from elsewhere.
   */
  connectionFor(
    sql: string,
    signal: AbortSignal | undefined,
    knownToWrite?: boolean,
  ): MaybePromise<Connection> {
    const queue = this.#engine.writeQueue
    // Nothing else reports writes that need not queue, such as those of an AssertionPool.
    if (queue === undefined) this.#engine.wal?.look()
    if (queue === undefined || this.#isTaken) return this.#checkout.take(signal)
    const writes = knownToWrite ?? this.#engine.writes.get(sql)
    if (writes === undefined) return this.#connectionForUnknown(queue, sql, signal)
    if (writes) return this.#connectionToWrite(queue, this.#checkout.connection, signal)
    return this.#checkout.take(signal)
  }

  /** Notes whether the open transaction has a read lock after `sql`. Statements about the transaction itself take none. */
  noteRead(sql: string, connection: Connection): void {
    if (this.#isTaken || this.#engine.writeQueue === undefined) return
    this.#hasRead = connection.inTransaction && (this.#hasRead || !controlsTransaction(sql))
  }

  /**
   * Joins the writers with a statement that SQLite has refused. It may write, and without a turn the others would always get in
   * first.
   */
  async join(signal: AbortSignal | undefined): Promise<void> {
    const { writeQueue: queue } = this.#engine
    const { connection } = this.#checkout
    if (queue === undefined || this.#isTaken || connection?.inTransaction === true) return
    await this.#takeTurn(queue, connection, signal)
  }

  /**
   * How to wait for a lock that another connection holds.
   *
   * @throws SQLite's error if the wait would be a deadlock.
   */
  waitAfter(refusal: { readonly code: string }, signal: AbortSignal | undefined): BusyWait {
    if (this.#isUpgrading) throw upgradeError(this.#engine.database.error, refusal)
    const { nestedUse, writeQueue } = this.#engine
    if (writeQueue?.writer !== this.#checkout) nestedUse.waitForWriter(writeQueue?.writer)
    return this.#waits.forLock(signal)
  }

  /**
   * Lets the next writer go ahead, unless SQLite still holds the lock for an open transaction.
   *
   * @param error The error of the statement, if it failed.
   */
  statementDone(error: unknown): void {
    if (!this.#isTaken) return
    this.#isUpgrading = false
    this.#hasLocked ||= error === undefined || mayHaveLocked(error)
    const isInTransaction = this.#checkout.connection?.inTransaction === true
    this.#hasRead &&= isInTransaction
    if (!this.#hasLocked || !isInTransaction) this.leave()
  }

  /** Leaves the write queue, from any place in it. */
  leave(): void {
    if (!this.#isTaken) return
    this.#isTaken = false
    this.#isUpgrading = false
    this.#hasLocked = false
    this.#engine.writeQueue?.leave(this.#checkout)
  }

  /** Takes a connection, and asks SQLite whether the statement writes, unless another session has asked meanwhile. */
  async #connectionForUnknown(
    queue: WriteQueue,
    sql: string,
    signal: AbortSignal | undefined,
  ): Promise<Connection> {
    const { writes: known } = this.#engine
    const held = this.#checkout.connection
    const place = queue.reserve(this.#checkout)
    try {
      const connection = held ?? (await this.#checkout.take(signal))
      this.#waits.throwIfEnded()
      let writes = known.get(sql)
      if (writes === undefined) {
        const inspect = (): MaybePromise<{ readonly readonly: boolean }> => connection.inspect(sql)
        writes = !(await untilNotBusy(inspect, (refusal) => this.waitAfter(refusal, signal))).readonly
        known.set(sql, writes)
        this.#waits.throwIfEnded()
      }
      return writes ? await this.#connectionToWrite(queue, held, signal, place) : connection
    } finally {
      queue.letPass(this.#checkout)
    }
  }

  /** @param held The connection that the session had before this statement. */
  #connectionToWrite(
    queue: WriteQueue,
    held: Connection | undefined,
    signal: AbortSignal | undefined,
    place?: number,
  ): MaybePromise<Connection> {
    if (!this.#hasRead || held?.inTransaction !== true) return this.#takeTurn(queue, held, signal, place)
    this.#beginUpgrade(queue)
    return this.#takeTurn(queue, held, signal, BEFORE_ALL)
  }

  /**
   * A transaction that has read and now writes must not wait. It would keep its read lock meanwhile, and the other writer's
   * commit may be waiting for that lock. SQLite does not let it wait either, https://www.sqlite.org/c3ref/busy_handler.html
   */
  #beginUpgrade(queue: WriteQueue): void {
    if (!queue.mayUpgradeWait && !queue.tryLock(this.#checkout, BEFORE_ALL))
      throw upgradeError(this.#engine.database.error)
    this.#isUpgrading = true
  }

  /** Gives the connection at once if nothing is in the way. */
  #takeTurn(
    queue: WriteQueue,
    held: Connection | undefined,
    signal: AbortSignal | undefined,
    place: number = queue.newPlace(),
  ): MaybePromise<Connection> {
    this.#isTaken = true
    this.#place = place
    this.#isHolder = held !== undefined
    try {
      this.#throwIfOver()
      const next = this.#next(queue, signal)
      return next instanceof Promise ? this.#connectionAfter(next, queue, signal) : next
    } catch (error) {
      this.leave()
      throw error
    }
  }

  async #connectionAfter(
    waiting: Promise<unknown>,
    queue: WriteQueue,
    signal: AbortSignal | undefined,
  ): Promise<Connection> {
    try {
      let next: Connection | Promise<unknown> = waiting
      while (next instanceof Promise) {
        // oxlint-disable-next-line no-await-in-loop -- the lock goes to others while the pool has no connection
        await next
        this.#throwIfOver()
        next = this.#next(queue, signal)
      }
      return next
    } catch (error) {
      this.leave()
      throw error
    }
  }

  /** The connection, once the session has it and the lock. Before that, a promise of what it waits for. */
  #next(queue: WriteQueue, signal: AbortSignal | undefined): Connection | Promise<unknown> {
    const writer = this.#checkout
    // The lock is taken again with the connection, because a writer without one has to hand it on.
    while (queue.tryLock(writer, this.#place)) {
      if (writer.connection !== undefined) return writer.connection
      const taking = writer.take(signal)
      if (taking instanceof Promise) return taking
    }
    return this.#waitInLine(queue, signal)
  }

  #throwIfOver(): void {
    this.#waits.throwIfEnded()
    if (!this.#isHolder && this.#engine.stopped) throw new DestroyedError()
  }

  async #waitInLine(queue: WriteQueue, signal: AbortSignal | undefined): Promise<void> {
    const writer = this.#checkout
    // The readers can spare the connection of one waiting writer, but not the connections of all waiting writers.
    if (!this.#isHolder && writer.connected && !queue.isFirst(this.#place)) await writer.giveBack()
    const { writer: ahead } = queue
    this.#engine.nestedUse.waitForWriter(ahead)
    const lock = queue.lock(writer, this.#waits.forLock(signal), this.#place)
    await this.#waits.during('line', lock, ahead)
  }
}
