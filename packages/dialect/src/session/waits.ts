import type { Engine } from '../engine.ts'
import { ReleasedError } from '../errors/session-errors.ts'
import type { BusyWait } from '../waiting/busy.ts'
import type { Writer } from '../waiting/writer.ts'

/**
 * What a statement can wait for: a connection of the pool, its turn among the writers of this thread, another connection's
 * lock, or a checkpoint of a WAL that is beyond its limit.
 */
export type WaitKind = 'connection' | 'line' | 'lock' | 'checkpoint'

/** How long a session has waited so far, in milliseconds. */
export type WaitTimes = { readonly [Kind in WaitKind]: number }

/** The holder of what a statement waits for. */
export interface WaitHolder {
  /** The label of its connection, if it has one. */
  readonly connection?: string
  /** Its `stack` shows where in the code the holder began. */
  readonly takenAt?: Error
}

export interface EndedWait {
  readonly kind: WaitKind
  /** On the clock of `performance.now()`. */
  readonly startTime: number
  readonly duration: number
  /** The holder of what it waited for, if there is only one. */
  readonly holder?: WaitHolder | undefined
  /** Why the wait failed. */
  readonly error?: unknown
}

/** What a session's waits have in common: how long they may take, how long they took, and that they end with the session. */
export class Waits {
  /** Called when a wait has ended. Set for an observed session. */
  onEnd: ((wait: EndedWait) => void) | undefined
  readonly #engine: Engine
  #busyTimeout: number | undefined
  #ended = false
  #isInLineOfPool = false
  /** Ends the wait for a connection. */
  #leavePool: ((reason: unknown) => void) | undefined
  /** Ends every other wait. Created by the first such wait, because most sessions have none. */
  #end: AbortController | undefined
  /** Absent before the first wait, because most sessions have none. */
  #times: WaitTimes | undefined

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** In milliseconds. It is the database's, unless this session has set its own. */
  get busyTimeout(): number {
    return this.#busyTimeout ?? this.#engine.settings.busyTimeout
  }

  set busyTimeout(milliseconds: number) {
    this.#busyTimeout = milliseconds
  }

  /** The sums of all waits that have ended. This object never changes. The next wait replaces it with a new one. */
  get times(): WaitTimes {
    return this.#times ?? NONE
  }

  /**
   * Settles as `waiting` does, and notes how long that takes.
   *
   * @param holder The holder of what it waits for, if there is only one.
   */
  async during<T>(kind: Exclude<WaitKind, 'lock'>, waiting: Promise<T>, holder?: Writer): Promise<T> {
    const startTime = performance.now()
    // Read now, because the holder has given its connection back by the end of the wait.
    const held = this.onEnd === undefined || holder === undefined ? {} : { holder: waitHolder(holder) }
    let failure: { readonly error: unknown } | undefined
    try {
      return await waiting
    } catch (error) {
      failure = { error }
      throw error
    } finally {
      this.#note({ kind, startTime, duration: performance.now() - startTime, ...held, ...failure })
    }
  }

  /** The session has ended. */
  get ended(): boolean {
    return this.#ended
  }

  /** Something is left of a wait. */
  get hasWaited(): boolean {
    return this.#times !== undefined || this.#end !== undefined || this.#leavePool !== undefined
  }

  /** The session begins anew. */
  reopen(): void {
    this.#ended = false
  }

  /**
   * @param isWaiting A statement is on its way, and its wait ends at once. Without one, no error is made, because an error
   *   costs as much as a query.
   */
  end(isWaiting: boolean): void {
    this.#ended = true
    if (!isWaiting) return
    const reason = new ReleasedError()
    this.#leavePool?.(reason)
    this.#end?.abort(reason)
  }

  /** Called after each `await`, because nothing may begin after the end of its session. */
  throwIfEnded(): void {
    if (this.#ended) throw new ReleasedError()
  }

  /** @param leave Ends the wait for a connection that begins now. */
  forConnection(leave: (reason: unknown) => void): void {
    this.#leavePool = leave
    this.#isInLineOfPool = true
    if (this.#ended) leave(new ReleasedError())
  }

  /** @param signal The user's signal, which ends the wait too. */
  forLock(signal: AbortSignal | undefined): BusyWait {
    const { signal: end } = this.#ending()
    return {
      ...this.#engine.busyWait(this.busyTimeout, signal === undefined ? end : AbortSignal.any([signal, end])),
      onEnd: (startTime, duration) => this.#note({ kind: 'lock', startTime, duration }),
    }
  }

  #note(wait: EndedWait): void {
    const times = this.times
    this.#times = { ...times, [wait.kind]: times[wait.kind] + wait.duration }
    // A connection that only had to be opened is not reported, because nothing was in its way.
    if (wait.kind !== 'connection' || this.#isInLineOfPool) this.onEnd?.(wait)
    if (wait.kind === 'connection') this.#isInLineOfPool = false
  }

  #ending(): AbortController {
    if (this.#end === undefined) {
      this.#end = new AbortController()
      if (this.#ended) this.#end.abort(new ReleasedError())
    }
    return this.#end
  }
}

const NONE: WaitTimes = { connection: 0, line: 0, lock: 0, checkpoint: 0 }

function waitHolder({ connection, takenAt }: Writer): WaitHolder {
  return {
    ...(connection !== undefined && { connection: connection.label }),
    ...(takenAt !== undefined && { takenAt }),
  }
}
