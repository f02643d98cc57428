import type { Connector } from './connector.ts'
import type { MaybePromise } from './maybe-promise.ts'
import type { PoolableConnection } from './poolable-connection.ts'
import type { PooledConnection } from './pooled-connection.ts'

/**
 * One slot of a pool, with the connection in it: opened at the slot's checkout, replaced there when it is too old,
 * suspected or dead.
 *
 * A pool class keeps, lends and takes back records and leaves the rest to `Pool`.
 */
export class ConnectionRecord<C extends PoolableConnection> {
  /** What the slot holds. `undefined` before the first checkout, after an invalidation and after a detach. */
  connection: C | undefined

  /** Lent, or on its way to a borrower. */
  isOut = false

  /** Who has it. */
  borrower: PooledConnection<C> | undefined

  /** How many times the pool had been disposed of when the record was made. A later pool does not take it back. */
  readonly generation: number

  readonly #connector: Connector<C>
  #opening = 0
  #openedAt = 0
  #replace = false

  constructor(connector: Connector<C>, generation: number) {
    this.#connector = connector
    this.generation = generation
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

  /** Sees to it that there is a connection and that it lives. Rejects with what the creator or the ping throws. */
  async makeReady(): Promise<void> {
    if (this.connection?.closed === true) await this.invalidate()
    if (this.connection !== undefined && this.#isStale()) await this.close()
    if (this.connection === undefined) return this.#open()
    if (!this.#connector.options.poolPrePing) return
    try {
      await this.connection.ping?.()
    } catch (error) {
      await this.#replaceDead(error)
    }
  }

  /** Ends what the borrower left open, as `poolResetOnReturn` says. */
  reset(): MaybePromise<void> {
    if (this.connection === undefined) return
    const { events } = this.#connector
    return events.hears('reset') ? this.#tellAndReset(this.connection) : this.#reset(this.connection)
  }

  /** Closes the connection now. The slot stays and is filled at its next checkout. */
  async invalidate(error?: unknown): Promise<void> {
    const connection = this.#take()
    if (connection === undefined) return
    const { events, details } = this.#connector
    await events.notify('invalidate', connection, { ...details, error })
    await this.#connector.close(connection)
  }

  /** Has the connection replaced at the slot's next checkout. */
  async softInvalidate(error?: unknown): Promise<void> {
    if (this.connection === undefined) return
    this.#replace = true
    const { events, details } = this.#connector
    await events.notify('softInvalidate', this.connection, { ...details, error })
  }

  /** Closes the connection because nobody needs it any more. */
  close(): MaybePromise<void> {
    const connection = this.#take()
    return connection === undefined ? undefined : this.#connector.close(connection)
  }

  /** Takes the connection out, open as it is. */
  detach(): C | undefined {
    const connection = this.#take()
    const { events, details } = this.#connector
    if (connection !== undefined) void events.notify('detach', connection, details)
    return connection
  }

  #take(): C | undefined {
    const { connection } = this
    this.connection = undefined
    return connection
  }

  #isStale(): boolean {
    const { options, suspectUpTo } = this.#connector
    if (this.#replace || this.#opening <= suspectUpTo) return true
    return options.poolRecycle >= 0 && performance.now() - this.#openedAt > options.poolRecycle
  }

  async #open(): Promise<void> {
    this.#opening = this.#connector.nextOpening()
    this.#openedAt = performance.now()
    this.#replace = false
    this.connection = await this.#connector.open()
  }

  /** One dead connection casts suspicion on all of its age. When its successor is dead too, there is no use in going on. */
  async #replaceDead(error: unknown): Promise<void> {
    this.#connector.suspectAll()
    await this.invalidate(error)
    await this.#open()
    try {
      await this.connection?.ping?.()
    } catch (stillDead) {
      await this.invalidate(stillDead)
      throw stillDead
    }
  }

  async #tellAndReset(connection: C): Promise<void> {
    await this.#connector.events.tell('reset', connection, this.#connector.details)
    await this.#reset(connection)
  }

  #reset(connection: C): MaybePromise<void> {
    const { poolResetOnReturn } = this.#connector.options
    if (poolResetOnReturn === 'rollback') return connection.rollback?.()
    if (poolResetOnReturn === 'commit') return connection.commit?.()
  }
}
