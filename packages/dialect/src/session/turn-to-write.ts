import type { MaybePromise } from '@poolclass/pools'
import type { Connection } from '../connection/connection.ts'
import { beginsTransaction, controlsTransaction } from '../connection/first-keyword.ts'
import { isUnprepared } from '../connection/unprepared.ts'
import type { Engine } from '../engine.ts'
import { codeOf } from '../errors/error-kind.ts'
import { DestroyedError } from '../errors/session-errors.ts'
import { type BusyWait, isBusy, type RefusedStatement, untilNotBusy, upgradeError } from '../waiting/busy.ts'
import { retryOf } from '../waiting/lock-ahead.ts'
import { BEFORE_ALL, type WriteQueue } from '../waiting/write-queue.ts'
import type { ReadGate } from '../wal/read-gate.ts'
import type { Checkout } from './checkout.ts'
import type { Waits } from './waits.ts'

/**
 * What a session waits for before it may run a statement, in this order: its turn in the write queue if the statement writes,
 * then the connection, then SQLite's own lock.
 */
export class TurnToWrite {
  readonly #engine: Engine
  readonly #checkout: Checkout
  readonly #waits: Waits
  /** It waits in the write queue, or has the lock. */
  #queueing = false
  /** The open transaction has a read lock. */
  #hasRead = false
  /** It tries to turn its read lock into the write lock. */
  #upgrading = false
  /** SQLite has given the open transaction its write lock. */
  #hasLocked = false

  constructor(engine: Engine, checkout: Checkout, waits: Waits) {
    this.#engine = engine
    this.#checkout = checkout
    this.#waits = waits
  }

  /** It waits in the write queue, or has the lock. */
  get isTaken(): boolean {
    return this.#queueing
  }

  /**
   * Gets the connection for `sql`, once nothing in this thread is in its way.
   *
   * @param writes Whether `sql` writes, if that is known from elsewhere.
   */
  connectionFor(
    sql: string,
    signal: AbortSignal | undefined,
    writes: boolean | undefined = this.#engine.writes.get(sql),
  ): MaybePromise<Connection> {
    const queue = this.#engine.writeQueue
    // Nothing else reports writes that need not queue, such as those of an AssertionPool.
    if (queue === undefined) this.#engine.wal?.look()
    if (queue === undefined || this.#queueing) return this.#checkout.take(signal)
    if (writes === undefined) return this.#connectionForUnknown(queue, sql, signal)
    if (writes) return this.#connectionToWrite(queue, this.#checkout.connection, signal)
    return this.#checkout.take(signal)
  }

  /**
   * Waits before a statement while a checkpoint holds statements back; undefined if there is nothing to wait for. Called when
   * the statement has its connection, because no checkpoint may begin between this call and the statement.
   */
  passGate(sql: string, signal: AbortSignal | undefined): Promise<void> | undefined {
    const gate = this.#engine.wal?.gate
    if (gate?.isShut !== true || this.#queueing) return undefined
    const isHeld = gate.holdsAll || this.#engine.writeQueue === undefined || beginsTransaction(sql)
    return isHeld ? this.#pass(gate, signal) : undefined
  }

  /** Waits before a stream while a checkpoint waits for the open streams. */
  passGateToStream(signal: AbortSignal | undefined): Promise<void> | undefined {
    const { wal } = this.#engine
    wal?.look()
    return wal?.gate.isShut === true ? this.#pass(wal.gate, signal) : undefined
  }

  /** Notes whether the open transaction has a read lock after `sql`. Statements about the transaction itself take none. */
  noteRead(sql: string, connection: Connection): void {
    if (this.#queueing) return
    this.#hasRead = connection.inTransaction && (this.#hasRead || !controlsTransaction(sql))
  }

  /**
   * Runs `attempt`, and repeats it while another connection's lock is in the way, up to the busy timeout.
   *
   * @param statement The statement that `attempt` runs, if it is only one.
   */
  attempt<T>(
    attempt: () => MaybePromise<T>,
    signal: AbortSignal | undefined,
    statement?: RefusedStatement,
  ): Promise<T> {
    const waitAfter = (refusal: { readonly code: string }): BusyWait => this.#waitAfter(refusal, signal)
    if (statement === undefined) return untilNotBusy(attempt, waitAfter)
    return untilNotBusy(attempt, waitAfter, async (refusal, again, wait) => {
      await this.#joinWriters(signal)
      return await retryOf(statement)(refusal, again, wait)
    })
  }

  /** Continues after the first attempt to run a statement has failed. SQLite may have refused it because of a lock. */
  async retry<T>(
    refusal: unknown,
    statement: RefusedStatement,
    attempt: () => MaybePromise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    if (isBusy(refusal)) return await retryOf(statement)(refusal, attempt, this.#waitAfter(refusal, signal))
    if (!isUnprepared(refusal)) this.noteRead(statement.sql, statement.connection)
    throw refusal
  }

  /**
   * Lets the next writer go ahead, unless SQLite still holds the lock for an open transaction.
   *
   * @param error The error of the statement, if it failed.
   */
  statementDone(error: unknown): void {
    if (!this.#queueing) return
    this.#upgrading = false
    this.#hasLocked ||= error === undefined || mayHaveLocked(error)
    const isInTransaction = this.#checkout.connection?.inTransaction === true
    this.#hasRead &&= isInTransaction
    if (!this.#hasLocked || !isInTransaction) this.leave()
  }

  /** Leaves the write queue, from any place in it. */
  leave(): void {
    if (!this.#queueing) return
    this.#queueing = false
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
        writes = !(await this.attempt(() => connection.inspect(sql), signal)).readonly
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
    if (held !== undefined && this.#hasRead && held.inTransaction) return this.#upgrade(queue, held, signal)
    return this.#queueToWrite(queue, held, signal, place)
  }

  /** A session in a transaction never waits, because the checkpoint waits for the end of the transaction. */
  #pass(gate: ReadGate, signal: AbortSignal | undefined): Promise<void> | undefined {
    if (this.#checkout.connection?.inTransaction === true) return undefined
    const passing = gate.pass(this.#waits.forLock(signal).signal)
    return this.#waits.during('checkpoint', passing).then(() => this.#waits.throwIfEnded())
  }

  /** Gives the connection at once if nothing is in the way. */
  #queueToWrite(
    queue: WriteQueue,
    held: Connection | undefined,
    signal: AbortSignal | undefined,
    place: number = queue.newPlace(),
  ): MaybePromise<Connection> {
    const writer = this.#checkout
    this.#queueing = true
    let taking: MaybePromise<Connection> | undefined
    try {
      if (queue.tryLock(writer, place)) taking = writer.take(signal)
    } catch (error) {
      this.leave()
      throw error
    }
    const isRefused = held === undefined && this.#engine.stopped
    const isThere = taking !== undefined && !(taking instanceof Promise) && !isRefused
    return isThere && queue.tryLock(writer, place)
      ? taking!
      : this.#waitToWrite(queue, held, signal, place, taking)
  }

  /** @param taking The connection that the session is taking, if it has got the lock. */
  async #waitToWrite(
    queue: WriteQueue,
    held: Connection | undefined,
    signal: AbortSignal | undefined,
    place: number,
    taking: MaybePromise<Connection> | undefined,
  ): Promise<Connection> {
    const writer = this.#checkout
    try {
      for (;;) {
        // oxlint-disable no-await-in-loop -- the lock goes to others while the pool has no connection
        if (taking === undefined && !queue.tryLock(writer, place)) {
          // The readers can spare the connection of one waiting writer, but not the connections of all waiting writers.
          if (held === undefined && writer.connected && !queue.isFirst(place)) await writer.giveBack()
          this.#warnIfNested()
          await this.#waitInLine(queue, signal, place)
        }
        const connection = await (taking ?? writer.take(signal))
        // oxlint-enable no-await-in-loop
        taking = undefined
        this.#waits.throwIfEnded()
        if (held === undefined && this.#engine.stopped) throw new DestroyedError()
        if (queue.tryLock(writer, place)) return connection
      }
    } catch (error) {
      this.leave()
      throw error
    }
  }

  /** The refused statement may write. Unless it waits among the writers of this thread, they would always get in first. */
  async #joinWriters(signal: AbortSignal | undefined): Promise<void> {
    const queue = this.#engine.writeQueue
    const writer = this.#checkout
    if (queue === undefined || this.#queueing || writer.connection?.inTransaction === true) return
    this.#queueing = true
    try {
      if (!queue.tryLock(writer)) await this.#waitInLine(queue, signal)
      this.#waits.throwIfEnded()
    } catch (error) {
      this.leave()
      throw error
    }
  }

  async #waitInLine(queue: WriteQueue, signal: AbortSignal | undefined, place?: number): Promise<void> {
    const { writer } = queue
    const lock = queue.lock(this.#checkout, this.#waits.forLock(signal), place)
    await this.#waits.during('line', lock, writer)
    this.#waits.throwIfEnded()
  }

  /**
   * A transaction that has read and now writes must not wait. It would keep its read lock meanwhile, and the other writer's
   * commit may be waiting for that lock. SQLite does not let it wait either, https://www.sqlite.org/c3ref/busy_handler.html
   */
  #upgrade(queue: WriteQueue, held: Connection, signal: AbortSignal | undefined): MaybePromise<Connection> {
    const { mayUpgradeWait } = queue
    if (!mayUpgradeWait && !queue.tryLock(this.#checkout, BEFORE_ALL))
      throw upgradeError(this.#engine.database.error)
    this.#queueing = true
    this.#upgrading = true
    return mayUpgradeWait ? this.#upgradeNext(queue, held, signal) : held
  }

  async #upgradeNext(
    queue: WriteQueue,
    held: Connection,
    signal: AbortSignal | undefined,
  ): Promise<Connection> {
    try {
      await this.#waitInLine(queue, signal, BEFORE_ALL)
      return held
    } catch (error) {
      this.#upgrading = false
      this.leave()
      throw error
    }
  }

  #waitAfter(refusal: { readonly code: string }, signal: AbortSignal | undefined): BusyWait {
    if (this.#upgrading) throw upgradeError(this.#engine.database.error, refusal)
    this.#warnIfNested()
    return this.#waits.forLock(signal)
  }

  #warnIfNested(): void {
    const { nestedUse, writeQueue } = this.#engine
    const writer = writeQueue?.writer
    if (writer === undefined || writer === this.#checkout || !nestedUse.isInside(writer)) return
    nestedUse.warn(writer, 'the write lock', 'SQLite has one writer at a time')
  }
}

/** Whether a statement with this error may already have taken SQLite's write lock, as one that breaks a constraint has. */
function mayHaveLocked(error: unknown): boolean {
  if (isUnprepared(error)) return false
  const code = codeOf(error)
  return code?.startsWith('SQLITE_') === true && !REFUSED.test(code)
}

const REFUSED = /^SQLITE_(BUSY|READONLY)/
