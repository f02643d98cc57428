import type { Borrowing } from './diagnostics/pool-channels.ts'
import type { Connector } from './connector.ts'
import { warnOf } from './errors.ts'
import type { ResetReason } from './events/pool-events.ts'
import { isPromise, type MaybePromise } from './maybe-promise.ts'
import type { PoolableConnection } from './poolable-connection.ts'

/**
 * One slot of a pool, as its pool class sees it. The class lends it, takes it back and keeps it. The base class opens, resets and
 * closes the connection in it.
 */
export interface ConnectionRecord<C> {
  /** `undefined` before the first checkout, after an invalidation and after a detach. */
  readonly connection: C | undefined

  /** Where it was checked out, if its borrower or the pool has noted that. */
  readonly holder: Error | undefined
}

/**
 * One slot of a pool, with the connection in it: opened at the slot's checkout, replaced there when it is too old,
 * suspected or dead.
 */
export class Slot<C extends PoolableConnection> implements ConnectionRecord<C> {
  holder: Error | undefined

  /** The checkout, if a listener wants to hear of its end. */
  borrowing: Borrowing | undefined

  /** The slot keeps it while it is not lent. A checkout holds the key of its slot. */
  key: SlotKey<C> | undefined

  /** How many times the pool had been disposed of when the slot was made. A later pool does not take it back. */
  readonly generation: number

  readonly #connector: Connector<C>
  readonly #counts: Connector<C>['counts']
  #connection: C | undefined
  #isOut = false
  #opening = 0
  #openedAt = 0
  #replace = false
  #opensAhead: Promise<void> | undefined

  constructor(connector: Connector<C>, generation: number) {
    this.#connector = connector
    this.#counts = connector.counts
    this.generation = generation
  }

  get connection(): C | undefined {
    return this.#connection
  }

  /** Lent, or on its way to a borrower. */
  get isOut(): boolean {
    return this.#isOut
  }

  set isOut(isOut: boolean) {
    if (isOut === this.#isOut) return
    this.#isOut = isOut
    const change = isOut ? 1 : -1
    this.#counts.out += change
    if (this.#connection !== undefined) this.#counts.idle -= change
  }

  /** Whether the connection can be lent as it is. */
  get isReady(): boolean {
    const { connection } = this
    return (
      connection !== undefined &&
      connection.closed !== true &&
      !this.#connector.options.poolPrePing &&
      !this.#isStale()
    )
  }

  /** Sees to it that there is a connection and that it lives. Throws or rejects with what the creator throws. */
  makeReady(): MaybePromise<void> {
    return this.#connection === undefined && this.#opensAhead === undefined ? this.#open() : this.#renew()
  }

  /** Opens a connection for the next checkout of the slot. If that fails, the slot stays empty, with a warning. */
  openAhead(): Promise<void> {
    this.#opensAhead = this.#renew()
      .catch((error) => warnOf(`${this.#connector.pool}: opening a connection ahead failed`, error))
      .finally(() => (this.#opensAhead = undefined))
    return this.#opensAhead
  }

  /** Ends what the borrower left open. Throws or rejects when that fails. */
  reset(why: ResetReason): MaybePromise<void> {
    if (this.connection !== undefined) return this.#connector.reset(this.connection, why)
  }

  /** Closes the connection now. The slot stays and is filled at its next checkout. */
  async invalidate(error?: unknown): Promise<void> {
    const connection = this.#take()
    if (connection === undefined) return
    await this.#connector.events.notify('invalidate', connection, { error })
    await this.#connector.closeBroken(connection)
  }

  /** Has the connection replaced at the slot's next checkout. */
  async softInvalidate(error?: unknown): Promise<void> {
    if (this.connection === undefined) return
    this.#replace = true
    await this.#connector.events.notify('softInvalidate', this.connection, { error })
  }

  /** Has this connection replaced, and all others of the pool that are open now, each at its next checkout. */
  suspectAll(): void {
    this.#connector.suspect(this.#connector.openings)
  }

  /** Closes the connection because it is no longer needed. */
  close(): MaybePromise<void> {
    if (this.#opensAhead !== undefined) return this.#opensAhead.then(() => this.close())
    const connection = this.#take()
    return connection === undefined ? undefined : this.#connector.close(connection)
  }

  /** Takes the connection out, open as it is. */
  detach(): C | undefined {
    const connection = this.#take()
    if (connection !== undefined) void this.#connector.events.notify('detach', connection, {})
    return connection
  }

  #take(): C | undefined {
    const { connection } = this
    this.#connection = undefined
    if (connection !== undefined && !this.#isOut) this.#counts.idle -= 1
    return connection
  }

  #isStale(): boolean {
    const { options } = this.#connector
    if (this.#replace || this.#connector.isSuspect(this.#opening)) return true
    return options.poolRecycle >= 0 && performance.now() - this.#openedAt > options.poolRecycle
  }

  async #renew(): Promise<void> {
    if (this.#opensAhead !== undefined) await this.#opensAhead
    if (this.connection?.closed === true) await this.invalidate()
    if (this.connection !== undefined && this.#isStale()) await this.close()
    if (this.connection === undefined) return this.#open()
    if (this.#connector.options.poolPrePing) await this.#ping(this.connection)
  }

  #open(): MaybePromise<void> {
    this.#opening = this.#connector.nextOpening()
    this.#openedAt = performance.now()
    this.#replace = false
    const opening = this.#connector.open()
    if (isPromise(opening)) return opening.then((connection) => this.#fill(connection))
    this.#fill(opening)
  }

  #fill(connection: C): void {
    this.#connection = connection
    if (!this.#isOut) this.#counts.idle += 1
  }

  /**
   * A dead connection is replaced, and casts suspicion on all that had been opened when its ping was sent: what cut it off
   * has cut them off, too. What was opened later has been seen to live.
   */
  async #ping(connection: C): Promise<void> {
    const { openings } = this.#connector
    try {
      await connection.ping?.()
    } catch (error) {
      this.#connector.suspect(openings)
      await this.invalidate(error)
      await this.#open()
    }
  }
}

/** What a checkout has of its slot. The garbage collector takes it only where a checkout was lost with the key in it. */
export class SlotKey<C extends PoolableConnection> {
  readonly slot: Slot<C>

  constructor(slot: Slot<C>) {
    this.slot = slot
  }
}

/** @throws TypeError for what a pool class has lent or discarded that `createRecord` had not made */
export function slotOf<C extends PoolableConnection>(record: ConnectionRecord<C>): Slot<C> {
  if (record instanceof Slot) return record
  throw new TypeError('bug: a pool class has lent or discarded a slot that createRecord() had not made')
}
