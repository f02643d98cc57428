import type { CheckpointMessage, Connection, Pool, QueryMessage, WaitMessage } from '@poolclass/dialect'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { statSync } from 'node:fs'
import { basename } from 'node:path'

/** What the page shows. Times are milliseconds, sizes bytes. */
export interface Snapshot {
  readonly pool: {
    readonly name: string
    readonly out: number
    readonly idle: number
    readonly waiting: number
    readonly capacity: number
  }
  readonly queries: {
    readonly perSecond: number
    readonly median: number
    readonly p99: number
    readonly failed: number
  }
  /** By what was waited for: how often in the last second, and for how long in sum. */
  readonly waits: Readonly<Record<string, { readonly count: number; readonly total: number }>>
  readonly slow: readonly { readonly sql: string; readonly duration: number; readonly waited: number }[]
  readonly wal: { readonly bytes: number; readonly limit: number; readonly checkpoints: number }
}

const SLOW = 50
const MOST_SLOW = 8

/** Listens to the channels of the package. */
export class Telemetry implements Disposable {
  readonly #pool: Pool<Connection>
  readonly #wal: string
  readonly #walLimit: number
  #since = performance.now()
  #durations: number[] = []
  #failed = 0
  #waits: Record<string, { count: number; total: number }> = {}
  #slow: { sql: string; duration: number; waited: number }[] = []
  #checkpoints = 0
  #queries = 0

  constructor(pool: Pool<Connection>, wal: string, walLimit: number) {
    this.#pool = pool
    this.#wal = wal
    this.#walLimit = walLimit
    for (const [channel, listener] of this.#listeners) subscribe(channel, listener)
  }

  [Symbol.dispose](): void {
    for (const [channel, listener] of this.#listeners) unsubscribe(channel, listener)
  }

  /** What has happened since the last one. */
  snapshot(): Snapshot {
    const now = performance.now()
    const durations = this.#durations.toSorted((a, b) => a - b)
    const { idle, checkedOut, waiting, name = '' } = this.#pool.status()
    const snapshot: Snapshot = {
      pool: { name, out: checkedOut, idle, waiting, capacity: this.#pool.capacity },
      queries: {
        perSecond: (durations.length * 1000) / (now - this.#since),
        median: durations[Math.floor(durations.length / 2)] ?? 0,
        p99: durations[Math.floor(durations.length * 0.99)] ?? 0,
        failed: this.#failed,
      },
      waits: this.#waits,
      slow: this.#slow,
      wal: { bytes: sizeOf(this.#wal), limit: this.#walLimit, checkpoints: this.#checkpoints },
    }
    this.#since = now
    this.#durations = []
    this.#waits = {}
    return snapshot
  }

  /** A line for the end. */
  summary(): string {
    const { wal } = this.snapshot()
    return (
      `${this.#queries.toLocaleString('en')} queries, ${this.#failed} failed, ${this.#checkpoints} checkpoints. ` +
      `${basename(this.#wal)} has ${(wal.bytes / 2 ** 20).toFixed(1)} MB, and its limit is ${wal.limit / 2 ** 20} MB.`
    )
  }

  readonly #onQuery = (message: unknown): void => {
    const { sql, duration = 0, waited, error } = message as QueryMessage
    this.#queries += 1
    this.#durations.push(duration)
    if (error !== undefined) this.#failed += 1
    if (duration < SLOW) return
    const total = Object.values(waited).reduce((sum, time) => sum + time, 0)
    this.#slow = [{ sql, duration, waited: total }, ...this.#slow].slice(0, MOST_SLOW)
  }

  readonly #onWait = (message: unknown): void => {
    const { kind, duration } = message as WaitMessage
    const waits = (this.#waits[kind] ??= { count: 0, total: 0 })
    waits.count += 1
    waits.total += duration
  }

  readonly #onCheckpoint = (message: unknown): void => {
    if ((message as CheckpointMessage).isComplete) this.#checkpoints += 1
  }

  readonly #listeners = [
    ['tracing:poolclass:query:asyncEnd', this.#onQuery],
    ['poolclass:wait', this.#onWait],
    ['poolclass:checkpoint', this.#onCheckpoint],
  ] as const
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
