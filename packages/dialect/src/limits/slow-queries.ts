import type { Limits } from '../config/limits.ts'
import { shownSql } from '../connection/shown-sql.ts'
import { kindOf } from '../errors/error-kind.ts'
import type { WaitKind, Waits, WaitTimes } from '../session/waits.ts'
import { warn } from '../warn.ts'

/** Times each statement; undefined if slow statements are not reported. */
export function slowQueries({ slowQueryThreshold }: Limits): SlowQueries | undefined {
  return slowQueryThreshold === 0 ? undefined : new SlowQueries(slowQueryThreshold)
}

/** Reports the statements that take longer than a threshold. */
export class SlowQueries {
  readonly threshold: number

  /** @param threshold In milliseconds. */
  constructor(threshold: number) {
    this.threshold = threshold
  }

  begin(waits: Waits): RunningQuery {
    return new RunningQuery(this.threshold, waits)
  }
}

/** The time of one statement. For a stream it counts the reads, and not what its reader does in between. */
export class RunningQuery {
  readonly #threshold: number
  readonly #waits: Waits
  /** How long the session had waited before the statement. */
  readonly #before: WaitTimes
  /** Undefined while it pauses. */
  #since: number | undefined = performance.now()
  #time = 0

  constructor(threshold: number, waits: Waits) {
    this.#threshold = threshold
    this.#waits = waits
    this.#before = waits.times
  }

  pause(): void {
    if (this.#since !== undefined) this.#time += performance.now() - this.#since
    this.#since = undefined
  }

  resume(): void {
    this.#since = performance.now()
  }

  /** @param label The label of the connection that it ran on, if it got one. */
  end(sql: string, label: string | undefined, failure: unknown): void {
    this.pause()
    if (this.#time < this.#threshold) return
    const { times } = this.#waits
    const waitedFor = (kind: WaitKind): number => times[kind] - this.#before[kind]
    const waited = [
      `${rounded(waitedFor('connection'))} for a connection`,
      `${rounded(waitedFor('line') + waitedFor('lock') + waitedFor('checkpoint'))} for a lock`,
    ]
    warn(
      'POOLCLASS_SLOW_QUERY',
      `A query ${label === undefined ? 'without a connection' : `on ${label}`} took ${rounded(this.#time)}, longer than ` +
        `slowQueryThreshold (${this.#threshold} ms). It waited ${waited.join(' and ')}${failed(failure)}: ${shownSql(sql)}`,
    )
  }
}

function rounded(milliseconds: number): string {
  return `${Math.round(milliseconds)} ms`
}

/** Only the kind, because the message of an error may contain values. */
function failed(failure: unknown): string {
  if (failure === undefined) return ''
  const kind = kindOf(failure)
  return kind === undefined ? ', and failed' : `, and failed (${kind})`
}
