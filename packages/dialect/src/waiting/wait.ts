/** A wait that its owner or an abort signal ends. However it ends, it leaves neither a timer nor a listener behind. */
export class Wait {
  /** Rejects with what `fail` was given, or with the signal's reason. */
  readonly over: Promise<void>
  readonly #resolve: () => void
  readonly #reject: (reason: unknown) => void
  readonly #signal: AbortSignal | undefined
  readonly #onFail: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  /** @param onFail Called when the wait fails, before `over` rejects. */
  constructor(signal?: AbortSignal, onFail?: () => void) {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.over = promise
    this.#resolve = resolve
    this.#reject = reject
    this.#signal = signal
    this.#onFail = onFail
    if (signal?.aborted === true) this.#abort()
    else signal?.addEventListener('abort', this.#abort)
  }

  readonly end = (): void => {
    this.#leaveNothing()
    this.#resolve()
  }

  fail(reason: unknown): void {
    this.#leaveNothing()
    this.#onFail?.()
    this.#reject(reason)
  }

  /**
   * Calls back, unless the wait is over by then. It allows one callback at a time.
   *
   * @param delay In milliseconds. A delay above the longest timer is cut to it. With `Infinity` it never calls back.
   */
  after(delay: number, callBack: () => void): void {
    if (this.#isOver || delay === Infinity) return
    this.#timer = setTimeout(callBack, Math.min(Math.ceil(delay), LONGEST_TIMER))
  }

  readonly #abort = (): void => this.fail(this.#signal?.reason)

  #leaveNothing(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#signal?.removeEventListener('abort', this.#abort)
  }
}

/** Longer timers overflow, and fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1
