/** What ends a wait early. */
export interface WaitEnd<T> {
  readonly signal: AbortSignal | undefined

  /** Ends the wait with `value` after so many milliseconds. A time that no timer can measure is for ever. */
  readonly timeout?: { readonly after: number; readonly value: T }

  /** Called when the signal or the time has ended the wait. */
  readonly onLeave: () => void
}

/** A promise that settles as it is told to, unless its signal fires or its time is up first. */
export class Wait<T> {
  readonly promise: Promise<T>
  readonly #resolvers: PromiseWithResolvers<T> = Promise.withResolvers()
  readonly #end: WaitEnd<T>
  readonly #timer: NodeJS.Timeout | undefined
  #isOver = false

  constructor(end: WaitEnd<T>) {
    const { signal, timeout } = end
    this.promise = this.#resolvers.promise
    this.#end = end
    signal?.addEventListener('abort', this.#abort)
    // Not unref'd: the process stays up until the waiter has its time-out error.
    if (timeout !== undefined && timeout.after <= LONGEST_TIMER) {
      this.#timer = setTimeout(() => this.#leave(() => this.resolve(timeout.value)), timeout.after)
    }
  }

  resolve(value: T): void {
    this.#over()
    this.#resolvers.resolve(value)
  }

  reject(reason: unknown): void {
    this.#over()
    this.#resolvers.reject(reason)
  }

  /** Ends the wait with `reason`. Does nothing once it is over. */
  readonly leave = (reason: unknown): void => this.#leave(() => this.reject(reason))

  readonly #abort = (): void => this.leave(this.#end.signal?.reason)

  #leave(settle: () => void): void {
    if (this.#isOver) return
    this.#end.onLeave()
    settle()
  }

  #over(): void {
    this.#isOver = true
    this.#end.signal?.removeEventListener('abort', this.#abort)
    clearTimeout(this.#timer)
  }
}

/**
 * Settles as `work` does, unless the signal fires first: then it rejects with the signal's reason at once, and what
 * arrives later goes to `late`.
 */
export function abandonable<T>(work: Promise<T>, signal: AbortSignal, late: (value: T) => void): Promise<T> {
  let isLeft = false
  const wait = new Wait<T>({ signal, onLeave: () => (isLeft = true) })
  work.then(
    (value) => (isLeft ? late(value) : wait.resolve(value)),
    (error: unknown) => wait.reject(error),
  )
  return wait.promise
}

/** Longer delays than this overflow Node's timers, which then fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1
