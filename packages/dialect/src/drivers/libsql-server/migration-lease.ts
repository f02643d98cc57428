import type { MigrationLockOptions } from 'kysely'
import { sleep } from '../../clock.ts'
import { quoted } from '../../connection/identifier.ts'
import type { Connection } from '../../connection/connection.ts'

/**
 * Keeps other migrators out, wherever they run, with the row that Kysely has for its lock. `is_locked` is the time when the lock
 * ends, by the clock of the server. The holder of the lock extends that time again and again, so a crash releases the lock.
 */
export class MigrationLease {
  readonly #connection: Connection
  readonly #table: string
  readonly #row: string
  /** The time that this lease wrote last. A random part of it tells leases apart. */
  #until = 0

  constructor(connection: Connection, { lockTable, lockTableSchema, lockRowId }: MigrationLockOptions) {
    this.#connection = connection
    this.#table =
      lockTableSchema === undefined ? quoted(lockTable) : `${quoted(lockTableSchema)}.${quoted(lockTable)}`
    this.#row = lockRowId
  }

  /** Waits while another migrator holds the lock. Returns a function that gives the lock back. */
  async take(): Promise<() => Promise<void>> {
    try {
      // oxlint-disable-next-line no-await-in-loop -- until it is free
      while (!(await this.#tryToTake())) await sleep(POLL)
    } catch (error) {
      await this.#connection.close()
      throw error
    }
    const isOver = new AbortController()
    const renewing = this.#renew(isOver.signal)
    return async () => {
      isOver.abort()
      await renewing
      await this.#giveBack()
    }
  }

  async #tryToTake(): Promise<boolean> {
    return await this.#update('is_locked < ?', await this.#now())
  }

  /** Extends the lock again and again. If the server does not answer, the next attempt comes before the lock ends. */
  async #renew(isOver: AbortSignal): Promise<void> {
    for (;;) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- in turns
        await sleep(RENEWED_AFTER, undefined, { signal: isOver, ref: false })
      } catch {
        return
      }
      try {
        // oxlint-disable-next-line no-await-in-loop -- in turns
        if (!(await this.#update('is_locked = ?', this.#until))) return this.#warnOfLoss()
      } catch {}
    }
  }

  async #giveBack(): Promise<void> {
    try {
      await this.#set('0', 'is_locked = ?', this.#until)
    } finally {
      await this.#connection.close()
    }
  }

  async #update(condition: string, value: number): Promise<boolean> {
    const until = (await this.#now()) + LASTS + Math.floor(Math.random() * 1000)
    const isSet = await this.#set(String(until), condition, value)
    if (isSet) this.#until = until
    return isSet
  }

  async #set(until: string, condition: string, value: number): Promise<boolean> {
    const { numAffectedRows } = await this.#connection.execute(
      `update ${this.#table} set is_locked = ${until} where id = ? and ${condition}`,
      [this.#row, BigInt(value)],
    )
    return numAffectedRows === 1n
  }

  /** The server's time in milliseconds. */
  async #now(): Promise<number> {
    const { rows } = await this.#connection.execute(
      "select cast(unixepoch('subsec') * 1000 as integer) as now",
      [],
    )
    return Number((rows[0] as { now: number | bigint }).now)
  }

  #warnOfLoss(): void {
    process.emitWarning(
      'This process had not reached the libSQL server for so long that its migration lock has ended, and another process may ' +
        'have migrated at the same time. Check the schema, and migrate again.',
      'PoolclassWarning',
    )
  }
}

/** Milliseconds. */
const LASTS = 15_000
const RENEWED_AFTER = 3000
const POLL = 100
