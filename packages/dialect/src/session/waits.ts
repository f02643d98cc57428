import type { Engine } from '../engine.ts'
import { ReleasedError } from '../errors.ts'
import type { BusyWait } from '../waiting/busy.ts'

/** What a session's waits have in common: how long they may take, and that they end with the session. */
export class Waits {
  readonly #engine: Engine
  #busyTimeout: number | undefined
  #ended = false
  /** Made by the first wait: most sessions have none. */
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

  /** Ends each wait at once. */
  end(): void {
    this.#ended = true
    this.#end?.abort(new ReleasedError())
  }

  /** Asked after each `await`: what has not begun by the end of its session never begins. */
  throwIfEnded(): void {
    if (this.#ended) throw new ReleasedError()
  }

  /** Calls back at the end of the session. */
  onEnd(leave: (reason: unknown) => void): void {
    const { signal } = this.#ending()
    signal.addEventListener('abort', () => leave(signal.reason))
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
