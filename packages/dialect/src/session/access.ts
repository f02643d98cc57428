import type { ConnectOptions, MaybePromise, PooledConnection } from '@poolclass/pools'
import { placeInCode } from '@poolclass/pools/place-in-code'
import { type BusyWait, isBusy, retryWhileBusy, upgradeError } from '../waiting/busy.ts'
import { type RefusedStatement, retryStatement } from '../waiting/lock-ahead.ts'
import type { Connection } from '../connection/connection.ts'
import { controlsTransaction } from '../connection/first-keyword.ts'
import type { SqliteErrorFactory } from '../drivers/driver.ts'
import type { Engine } from '../engine.ts'
import { DestroyedError } from '../errors.ts'
import type { WriteQueue } from '../waiting/write-queue.ts'
import type { Holder } from '../waiting/nested-use.ts'

/**
 * One borrower's way to the database: first the place in the write queue, if it writes, then the connection, then
 * SQLite's own lock. Everything that has to be waited for is waited for here.
 */
export class Access implements Holder, ConnectOptions {
  /** What else may end the wait for a connection. */
  signal: AbortSignal | undefined
  readonly #engine: Engine
  #checkout: PooledConnection<Connection> | undefined
  #takenAt: Error | undefined
  /** It waits in the write queue, or has the lock. */
  #queueing = false
  /** The open transaction has a read lock. */
  #hasRead = false
  /** It tries to turn its read lock into the write lock. */
  #upgrading = false
  #busyTimeout: number | undefined
  /** Why nothing may begin any more. */
  #refusal: Error | undefined
  /** Ends the wait for a connection. */
  #leavePool: ((reason: unknown) => void) | undefined
  /** Ends every other wait. Made by the first of them. */
  #leaving: AbortController | undefined

  constructor(engine: Engine) {
    this.#engine = engine
  }

  get connection(): Connection | undefined {
    return this.#checkout?.connection
  }

  get connected(): boolean {
    return this.#checkout !== undefined
  }

  get sqliteError(): SqliteErrorFactory {
    return this.#engine.database.error
  }

  get takenAt(): Error | undefined {
    return this.#takenAt
  }

  /** In milliseconds; the database's unless this borrower has set its own. */
  get busyTimeout(): number {
    return this.#busyTimeout ?? this.#engine.settings.busyTimeout
  }

  set busyTimeout(milliseconds: number) {
    this.#busyTimeout = milliseconds
  }

  /**
   * Notes who holds the connection and from where in the code.
   *
   * @param what Such as `a transaction`.
   * @param from The function whose caller is meant.
   */
  markTaken(what: string, from: (...args: never[]) => unknown): void {
    this.#takenAt = placeInCode(`${what}, begun here:`, from, STACK_DEPTH)
    if (this.#checkout !== undefined) this.#checkout.holder = this.#takenAt
  }

  /** Ends each wait at once. Nothing begins from now on, and what is lent late goes straight back. */
  refuse(reason: Error): void {
    this.#refusal = reason
    this.#leavePool?.(reason)
    this.#leaving?.abort(reason)
    if (!this.connected) this.#leaveQueue()
  }

  /** @throws what `refuse` was given. */
  throwIfRefused(): void {
    if (this.#refusal !== undefined) throw this.#refusal
  }

  /** Called by the pool. */
  onWait(leave: (reason: unknown) => void): void {
    this.#leavePool = leave
  }

  /** The connection to run `sql` on, once nothing in this thread stands in its way. */
  connectionFor(sql: string, signal: AbortSignal | undefined): MaybePromise<Connection> {
    const queue = this.#engine.writeQueue
    const held = this.#checkout?.connection
    if (queue === undefined) return held ?? this.connect(signal)
    const writes = this.#engine.writes.get(sql)
    if (writes === undefined) return this.#connectionForUnknown(queue, sql, held, signal)
    if (writes) return this.#connectionToWrite(queue, held, signal)
    if (held === undefined) return this.connect(signal)
    this.noteRead(sql, held)
    return held
  }

  /** Notes that the open transaction has a read lock now. Statements about the transaction itself take none. */
  noteRead(sql: string, connection: Connection): void {
    if (this.#queueing) return
    this.#hasRead = connection.inTransaction && (this.#hasRead || !controlsTransaction(sql))
  }

  /**
   * Takes a connection from the pool and brings it up to date with the session settings.
   *
   * @throws DestroyedError where the database was destroyed meanwhile: what is opened now would never be closed.
   */
  connect(signal: AbortSignal | undefined): MaybePromise<Connection> {
    const { pool, nestedUse, settings, stopped } = this.#engine
    this.throwIfRefused()
    if (stopped) throw new DestroyedError()
    const outer = nestedUse.holder
    this.signal = signal
    const lent = outer === undefined ? pool.connectNow(this) : this.#connectInside(outer)
    if (lent instanceof Promise) return this.#connected(lent, signal)
    return lent.connection.settingsApplied === settings.version
      ? this.#hold(lent)
      : this.#connected(Promise.resolve(lent), signal)
  }

  #hold(checkout: PooledConnection<Connection>): Connection {
    this.#checkout = checkout
    if (this.#takenAt !== undefined) checkout.holder = this.#takenAt
    return checkout.connection
  }

  async #connected(
    lent: Promise<PooledConnection<Connection>>,
    signal: AbortSignal | undefined,
  ): Promise<Connection> {
    const checkout = await lent
    this.#leavePool = undefined
    const connection = this.#hold(checkout)
    try {
      this.throwIfRefused()
      if (this.#engine.stopped) throw new DestroyedError()
      const { settings } = this.#engine
      if (connection.settingsApplied !== settings.version) {
        await this.attempt(() => settings.apply(connection), signal)
        this.throwIfRefused()
      }
      return connection
    } catch (error) {
      this.#checkout = undefined
      if (this.#engine.stopped) await checkout.invalidate(error)
      await checkout.close()
      throw error
    }
  }

  /** Runs `attempt`, again and again where another connection's lock is in the way, up to the busy timeout. */
  async attempt<T>(attempt: () => MaybePromise<T>, signal: AbortSignal | undefined): Promise<T> {
    try {
      return await attempt()
    } catch (refusal) {
      return await this.retry(refusal, attempt, signal)
    }
  }

  /** Continues after a first attempt that was refused. */
  async retry<T>(
    refusal: unknown,
    attempt: () => MaybePromise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    this.#checkRefusal(refusal)
    return await retryWhileBusy(refusal, attempt, this.#busyWait(signal))
  }

  /** The same, for an attempt to run a statement. */
  async retryStatement<T>(
    refusal: unknown,
    statement: RefusedStatement,
    attempt: () => MaybePromise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    this.#checkRefusal(refusal)
    return await retryStatement(refusal, statement, attempt, this.#busyWait(signal))
  }

  /**
   * Lets the next writer go ahead, unless SQLite still holds the lock for an open transaction.
   *
   * @param error What the statement failed with, if it did.
   */
  statementDone(error: unknown): void {
    if (!this.#queueing) return
    const gaveUp = this.#upgrading && isBusy(error)
    this.#upgrading = false
    if (gaveUp || this.#checkout?.connection.inTransaction !== true) this.#leaveQueue()
  }

  /** Gives back the connection and the place in the write queue. */
  giveBack(): Promise<void> {
    if (this.#queueing) return this.giveBackAfter()
    const checkout = this.#checkout
    if (checkout === undefined) return DONE
    this.#checkout = undefined
    return checkout.close()
  }

  /** The same, for a connection that may have to be closed instead. */
  async giveBackAfter(discard?: { readonly because: unknown }): Promise<void> {
    const checkout = this.#checkout
    this.#checkout = undefined
    try {
      if (discard !== undefined) await checkout?.invalidate(discard.because)
      await checkout?.close()
    } finally {
      this.#leaveQueue()
    }
  }

  /** Asks SQLite what the statement is, which takes a connection, unless somebody else has asked meanwhile. */
  async #connectionForUnknown(
    queue: WriteQueue,
    sql: string,
    held: Connection | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Connection> {
    const { writes: known } = this.#engine
    const connection = held ?? (await this.connect(signal))
    this.throwIfRefused()
    let writes = known.get(sql)
    if (writes === undefined) {
      writes = !(await this.attempt(() => connection.inspect(sql), signal)).readonly
      known.set(sql, writes)
      this.throwIfRefused()
    }
    if (writes) return await this.#connectionToWrite(queue, held, signal)
    this.noteRead(sql, connection)
    return connection
  }

  #connectionToWrite(
    queue: WriteQueue,
    held: Connection | undefined,
    signal: AbortSignal | undefined,
  ): MaybePromise<Connection> {
    if (this.#queueing) return this.#checkout!.connection
    if (held !== undefined && this.#hasRead && held.inTransaction) return this.#upgrade(queue, held)
    return this.#queueToWrite(queue, held, signal)
  }

  async #queueToWrite(
    queue: WriteQueue,
    held: Connection | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Connection> {
    this.#queueing = true
    try {
      const isNext = held !== undefined || queue.tryEnter(this)
      if (!isNext) {
        await this.#checkIn()
        this.#warnIfNested()
        await queue.enter(this, this.#busyWait(signal))
        this.throwIfRefused()
      }
      const connection = this.#checkout?.connection ?? (await this.connect(signal))
      if (!queue.tryLock(this)) {
        this.#warnIfNested()
        await queue.lock(this, this.#busyWait(signal))
      }
      this.throwIfRefused()
      if (held === undefined && this.#engine.stopped) throw new DestroyedError()
      return connection
    } catch (error) {
      this.#leaveQueue()
      throw error
    }
  }

  /**
   * A transaction that has read and now writes must not wait: it keeps its read lock meanwhile, for which the other
   * writer's commit may be waiting. SQLite does not let it wait either, https://www.sqlite.org/c3ref/busy_handler.html
   */
  #upgrade(queue: WriteQueue, held: Connection): Connection {
    if (!queue.tryLock(this)) throw upgradeError(this.sqliteError)
    this.#queueing = true
    this.#upgrading = true
    return held
  }

  async #connectInside(outer: Holder): Promise<PooledConnection<Connection>> {
    const { signal } = this
    const { pool, nestedUse } = this.#engine
    let waits = false
    const onWait = (leave: (reason: unknown) => void): void => {
      this.#leavePool = leave
      waits = true
      nestedUse.block(outer, pool.capacity)
    }
    try {
      return await pool.connect({ signal, onWait })
    } finally {
      if (waits) nestedUse.unblock(outer)
    }
  }

  #checkRefusal(refusal: unknown): void {
    if (!isBusy(refusal)) throw refusal
    if (this.#upgrading) throw upgradeError(this.sqliteError, refusal)
    this.#warnIfNested()
  }

  #warnIfNested(): void {
    const { nestedUse, writeQueue } = this.#engine
    const writer = writeQueue?.writer
    if (writer === undefined || writer === this || !nestedUse.isInside(writer)) return
    nestedUse.warn(writer, 'the write lock', 'SQLite has one writer at a time')
  }

  async #checkIn(): Promise<void> {
    const checkout = this.#checkout
    this.#checkout = undefined
    await checkout?.close()
  }

  #leaveQueue(): void {
    if (!this.#queueing) return
    this.#queueing = false
    this.#engine.writeQueue?.leave(this)
  }

  #busyWait(signal: AbortSignal | undefined): BusyWait {
    if (this.#leaving === undefined) {
      this.#leaving = new AbortController()
      if (this.#refusal !== undefined) this.#leaving.abort(this.#refusal)
    }
    const leaving = this.#leaving.signal
    return this.#engine.busyWait(
      this.busyTimeout,
      signal === undefined ? leaving : AbortSignal.any([signal, leaving]),
    )
  }
}

const DONE = Promise.resolve()

/** Three or four of these frames are Kysely's. More cost more: this is 7 % of a transaction of ten inserts in memory. */
const STACK_DEPTH = 6
