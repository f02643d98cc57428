import type { ConnectOptions, MaybePromise, PooledConnection } from '@poolclass/pools'
import { placeInCode, placeOfAwaiting } from '@poolclass/pools/place-in-code'
import type { Connection } from '../connection/connection.ts'
import type { SqliteErrorFactory } from '../drivers/driver.ts'
import type { Engine } from '../engine.ts'
import { DestroyedError } from '../errors/session-errors.ts'
import { untilNotBusy } from '../waiting/busy.ts'
import type { Holder } from '../waiting/nested-use.ts'
import type { Waits } from './waits.ts'

const DONE = Promise.resolve()

/** Takes a session's connection when the first statement needs it, keeps it, and gives it back when the session ends. */
export class Checkout implements Holder, ConnectOptions {
  inside: Holder['inside'] = 'db.transaction()'
  /** Ends the wait for a connection. The pool reads it. */
  signal: AbortSignal | undefined
  /** It is for one select, behind which a `NullPool` closes the connection. */
  isForOneSelect = false
  readonly #engine: Engine
  readonly #waits: Waits
  #pooled: PooledConnection<Connection> | undefined
  #takenAt: Error | undefined
  #returning: Promise<void> = DONE

  constructor(engine: Engine, waits: Waits) {
    this.#engine = engine
    this.#waits = waits
  }

  get connection(): Connection | undefined {
    return this.#pooled?.connection
  }

  get connected(): boolean {
    return this.#pooled !== undefined
  }

  get sqliteError(): SqliteErrorFactory {
    return this.#engine.database.error
  }

  get takenAt(): Error | undefined {
    return this.#takenAt
  }

  /**
   * Notes what holds the connection, and where in the code that began.
   *
   * @param what Such as `a transaction`.
   * @param from The place in the code is where this function was called.
   */
  markTaken(what: string, from: (...args: never[]) => unknown): void {
    this.#takeAt(placeInCode(begunHere(what), from, STACK_DEPTH))
  }

  /**
   * As `markTaken`, but the place is where the result is awaited, and is noted one step later. Until then, nobody may name the
   * holder.
   */
  markTakenSoon(what: string, from: (...args: never[]) => unknown): Promise<void> {
    if (Error.stackTraceLimit < STACK_DEPTH) {
      this.markTaken(what, from)
      return DONE
    }
    const { place, noted } = placeOfAwaiting(begunHere(what))
    this.#takeAt(place)
    return noted
  }

  /**
   * As `markTaken`, but keeps no reference to the callers. V8 keeps the callers until the stack is read, also a caller that
   * runs in turns, as a stream does. A forgotten stream would then never be found, so this reads the stack at once.
   */
  markTakenByStream(from: (...args: never[]) => unknown): void {
    this.markTaken('a stream', from)
    void this.#takenAt?.stack
  }

  /**
   * Takes a connection from the pool, unless it has one, and brings it up to date with the session settings.
   *
   * @throws DestroyedError if the database was destroyed meanwhile, because a connection opened now would never be closed.
   */
  take(signal: AbortSignal | undefined): MaybePromise<Connection> {
    if (this.#pooled !== undefined) return this.#pooled.connection
    this.#waits.throwIfEnded()
    const { nestedUse, settings, stopped } = this.#engine
    if (stopped) throw new DestroyedError()
    const outer = nestedUse.holder
    this.signal = signal
    const lent = outer === undefined ? this.#connect() : this.#takeInside(outer)
    if (lent instanceof Promise) return this.#prepare(lent, signal)
    if (lent.connection.settingsApplied === settings.version) return this.#hold(lent)
    this.#watch(lent.connection)
    return this.#prepare(Promise.resolve(lent), signal)
  }

  /** Called before other code can run while the connection is open. */
  watch(): void {
    if (this.connection !== undefined) this.#watch(this.connection)
  }

  /** Called by the pool when all its connections are out. */
  onWait(leave: (reason: unknown) => void): void {
    this.#waits.forConnection(leave)
    this.#engine.writeQueue?.stepAside(this)
  }

  /** A transaction was left open, and the pool is configured to commit it. */
  get isToCommit(): boolean {
    const { poolResetOnReturn } = this.#engine.config.poolOptions
    return poolResetOnReturn === 'commit' && this.connection?.inTransaction === true
  }

  /**
   * Commits a transaction that was left open, if the pool would commit it. The pool cannot wait for locks, but this can. The
   * user also learns from it what became of the transaction.
   *
   * @returns why the transaction is lost, if it is.
   */
  async commitLeftOpen(busyTimeout: number): Promise<{ readonly because: unknown } | undefined> {
    const { connection } = this
    if (!this.isToCommit || connection === undefined) return undefined
    try {
      await untilNotBusy(
        () => connection.commit(),
        () => this.#engine.busyWait(busyTimeout),
      )
    } catch (error) {
      return { because: await this.#engine.explain(error, connection) }
    }
    return undefined
  }

  /**
   * Resolves when the pool has the connection, also if it was given back before.
   *
   * @param discard Why the connection has to be closed instead of reused.
   */
  giveBack(discard?: { readonly because: unknown }): Promise<void> {
    const pooled = this.#pooled
    if (pooled === undefined) return this.#returning
    this.#pooled = undefined
    this.isForOneSelect = false
    this.#returning = discard === undefined ? pooled.close() : closeFor(discard.because, pooled)
    return this.#returning
  }

  #takeAt(place: Error): void {
    this.#takenAt = place
    if (this.#pooled !== undefined) this.#pooled.holder = place
  }

  #watch(connection: Connection): void {
    if (!this.isForOneSelect) return
    this.isForOneSelect = false
    this.#engine.database.watch(connection)
  }

  #connect(): MaybePromise<PooledConnection<Connection>> {
    const { pool, database } = this.#engine
    if (!this.isForOneSelect) return pool.connectNow(this)
    const lent = database.openUnwatched(() => pool.connectNow(this))
    if (lent instanceof Promise) this.isForOneSelect = false
    return lent
  }

  #hold(pooled: PooledConnection<Connection>): Connection {
    this.#pooled = pooled
    if (this.#takenAt !== undefined) pooled.holder = this.#takenAt
    return pooled.connection
  }

  async #prepare(
    lent: Promise<PooledConnection<Connection>>,
    signal: AbortSignal | undefined,
  ): Promise<Connection> {
    const connection = this.#hold(await this.#waits.during('connection', lent))
    const { settings } = this.#engine
    try {
      this.#waits.throwIfEnded()
      if (this.#engine.stopped) throw new DestroyedError()
      if (connection.settingsApplied !== settings.version) {
        const apply = (): Promise<void> => settings.apply(connection)
        await untilNotBusy(apply, () => this.#waits.forLock(signal))
        this.#waits.throwIfEnded()
      }
      return connection
    } catch (error) {
      await this.giveBack(this.#engine.stopped ? { because: error } : undefined)
      throw error
    }
  }

  async #takeInside(outer: Holder): Promise<PooledConnection<Connection>> {
    const { pool, nestedUse } = this.#engine
    let waits = false
    const onWait = (leave: (reason: unknown) => void): void => {
      this.onWait(leave)
      waits = true
      nestedUse.block(outer, pool.capacity)
    }
    try {
      return await pool.connect({ signal: this.signal, onWait })
    } finally {
      if (waits) nestedUse.unblock(outer)
    }
  }
}

async function closeFor(reason: unknown, pooled: PooledConnection<Connection>): Promise<void> {
  await pooled.invalidate(reason)
  await pooled.close()
}

function begunHere(what: string): string {
  return `${what}, begun here:`
}

/**
 * Three or four of these frames are Kysely's. Up to three are Node.js's own, when it runs what was awaited between two
 * timers. So two of the user's frames are left. Each frame costs 0.07 µs.
 */
const STACK_DEPTH = 9
