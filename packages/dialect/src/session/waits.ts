import type { Engine } from '../engine.ts'
import { ReleasedError } from '../errors/session-errors.ts'
import type { BusyWait } from '../waiting/busy.ts'

/** What a session's waits have in common: how long they may take, and that they end with the session. */
export class Waits {
  readonly #engine: Engine
  #busyTimeout: number | undefined
  #ended = false
  /** Ends the wait for a connection. */
  #leavePool: ((reason: unknown) => void) | undefined
  /** Ends every other wait. Made by the first of them: most sessions have none. */
  #end: AbortController | undefined

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** In milliseconds; the database's unless this session has set its own. */
  get busyTimeout(): number {
    return this.#busyTimeout ?? this.#engine.settings.busyTimeout
  }

  set busyTimeout(milliseconds: number) {
    this.#busyTimeout = milliseconds
  }

  /** The session has ended. */
  get ended(): boolean {
    return this.#ended
  }

  /** @param isWaiting A statement is on its way, whose wait ends at once. To make the error for nobody costs as much as a query. */
  end(isWaiting: boolean): void {
    this.#ended = true
    if (!isWaiting) return
    const reason = new ReleasedError()
    this.#leavePool?.(reason)
    this.#end?.abort(reason)
  }

  /** Asked after each `await`: what has not begun by the end of its session never begins. */
  throwIfEnded(): void {
    if (this.#ended) throw new ReleasedError()
  }

  /** @param leave Ends the wait for a connection that now begins. */
  forConnection(leave: (reason: unknown) => void): void {
    this.#leavePool = leave
    if (this.#ended) leave(new ReleasedError())
  }

  /** @param signal Of the user: ends the wait as well. */
  forLock(signal: AbortSignal | undefined): BusyWait {
    const { signal: end } = this.#ending()
    return this.#engine.busyWait(
      this.busyTimeout,
      signal === undefined ? end : AbortSignal.any([signal, end]),
    )
  }

  #ending(): AbortController {
    if (this.#end === undefined) {
      this.#end = new AbortController()
      if (this.#ended) this.#end.abort(new ReleasedError())
    }
    return this.#end
  }
}
