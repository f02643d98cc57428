import type { CompiledQuery } from 'kysely'
import type { StatementResult } from '../connection/connection.ts'
import type { SessionKeyword } from '../connection/first-keyword.ts'
import type { Engine } from '../engine.ts'
import { altersConnection, type SessionChanges } from '../settings/session-changes.ts'
import { runSessionStatement } from '../settings/session-statement.ts'
import { repeatWhileBusy } from './busy-retry.ts'
import type { Checkout } from './checkout.ts'
import type { TurnToWrite } from './turn-to-write.ts'
import type { Waits } from './waits.ts'

/**
 * What a session sets by `PRAGMA`, `ATTACH` and `DETACH`. It applies to the whole database if the session runs nothing else,
 * and otherwise only to the session.
 */
export class OwnSettings {
  readonly #engine: Engine
  readonly #checkout: Checkout
  readonly #turnToWrite: TurnToWrite
  readonly #waits: Waits
  /** Changes for the whole database, if the statement remains the only one of its session. */
  #changes: SessionChanges | undefined
  #altered = false

  constructor(engine: Engine, checkout: Checkout, turnToWrite: TurnToWrite, waits: Waits) {
    this.#engine = engine
    this.#checkout = checkout
    this.#turnToWrite = turnToWrite
    this.#waits = waits
  }

  /** The connection now has settings of its own, which other users of the pool do not expect. */
  get altered(): boolean {
    return this.#altered
  }

  /** The end of the session has more to do than give the connection back. */
  get hasChanges(): boolean {
    return this.#altered || this.#changes !== undefined
  }

  /** @param isFirst The statement is the first of its session. */
  async run(
    keyword: SessionKeyword,
    { sql, parameters }: CompiledQuery,
    signal: AbortSignal | undefined,
    isFirst: boolean,
  ): Promise<StatementResult> {
    const connection = await this.#checkout.take(signal)
    this.#waits.throwIfEnded()
    this.#turnToWrite.noteRead(sql, connection)
    const { database, pool, config } = this.#engine
    const { result, changes } = await runSessionStatement(keyword, connection, sql, parameters, {
      shared: isFirst && pool.capacity > 1,
      onMemdb: config.location.kind === 'shared-memory',
      readsUris: database.readsUris,
      busyTimeout: this.#waits.busyTimeout,
      whileBusy: (attempt, statement) => repeatWhileBusy(this.#turnToWrite, attempt, signal, statement),
      ...(pool.capacity > 1 && { closeIdle: () => this.#engine.closeIdle() }),
      ...(database.rekeyed !== undefined && { rekeyed: (key) => this.#engine.rekey(key) }),
      discard: () => {
        this.#altered = true
      },
    })
    if (changes === undefined) return result
    if (changes.busyTimeout !== undefined) this.#waits.busyTimeout = changes.busyTimeout
    if (isFirst) this.#changes = changes
    else if (altersConnection(changes)) this.#altered = true
    return result
  }

  /** The user has the handle, and may set anything with it. */
  noteHandle(): void {
    this.#altered = true
  }

  /** Another statement follows in the session, so the changes apply to this session only. */
  keepToSession(): void {
    if (this.#changes === undefined) return
    this.#altered = altersConnection(this.#changes)
    this.#changes = undefined
  }

  /** Makes the other connections of the database follow the changes. */
  record(): void {
    const { settings, stopped } = this.#engine
    const { connection } = this.#checkout
    const changes = this.#changes
    this.#changes = undefined
    if (changes !== undefined && connection !== undefined && !stopped) settings.record(changes, connection)
  }
}
