/** How long to wait for a lock, and what may end the wait. */
export interface LockWait {
  /** Milliseconds; `Infinity` waits for as long as it takes. */
  readonly timeout: number
  readonly signal?: AbortSignal | undefined
}

interface Waiter<Owner> {
  readonly owner: Owner
  readonly arrived: number
  readonly timeout: number
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/**
 * Mutual exclusion inside one thread, first come first served.
 *
 * The time-out is SQLite's busy timeout, so it is counted as there: against one owner. A waiter gives up when one and
 * the same owner has kept it waiting for that long; a line that moves on never times out, however long it is.
 */
export class FifoLock<Owner extends object> {
  #owner: Owner | undefined
  #ownedSince = 0
  readonly #waiting: Set<Waiter<Owner>> = new Set()
  #timer: NodeJS.Timeout | undefined
  #due = Infinity
  #yieldedAt = 0
  readonly #timeoutError: (waited: number, owner: Owner) => Error
  readonly #blamed: FifoLock<Owner>

  /**
   * @param timeoutError Makes the error of a waiter that gives up, from the milliseconds it waited for `owner`.
   * @param blamed The lock whose owner is what keeps this one's waiters waiting. Default is this lock.
   */
  constructor(timeoutError: (waited: number, owner: Owner) => Error, blamed?: FifoLock<Owner>) {
    this.#timeoutError = timeoutError
    this.#blamed = blamed ?? this
  }

  get owner(): Owner | undefined {
    return this.#owner
  }

  /** On the clock of `performance.now()`. */
  get ownedSince(): number {
    return this.#ownedSince
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Takes the lock if it is free. */
  tryAcquire(owner: Owner): boolean {
    if (this.#owner !== undefined) return false
    this.#own(owner)
    return true
  }

  /** Queues for the lock. Rejects with the signal's reason, or with the time-out error. */
  acquire(owner: Owner, { timeout, signal }: LockWait): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    if (this.tryAcquire(owner)) return Promise.resolve()
    return new Promise<void>((resolve, reject) => {
      const leave = (reason: unknown): void => {
        signal?.removeEventListener('abort', abort)
        this.#waiting.delete(waiter)
        reject(reason)
      }
      const abort = (): void => leave(signal?.reason)
      const waiter: Waiter<Owner> = {
        owner,
        arrived: performance.now(),
        timeout,
        resolve: () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        },
        reject: leave,
      }
      signal?.addEventListener('abort', abort)
      this.#waiting.add(waiter)
      this.#watch(timeout)
    })
  }

  /** Gives the lock to whoever waits longest. Does nothing for one who does not own it. */
  release(owner: Owner): void {
    if (this.#owner !== owner) return
    this.#owner = undefined
    for (const next of this.#waiting) {
      this.#waiting.delete(next)
      this.#own(next.owner)
      this.#wake(next)
      break
    }
    if (this.#waiting.size === 0) this.#stopWatch()
  }

  #own(owner: Owner): void {
    this.#owner = owner
    this.#ownedSince = performance.now()
  }

  /** Lets the event loop turn now and then: a line of owners that never wait for it would keep timers and sockets waiting. */
  #wake(waiter: Waiter<Owner>): void {
    const now = performance.now()
    if (now - this.#yieldedAt < YIELD_EVERY) return waiter.resolve()
    this.#yieldedAt = now
    setImmediate(waiter.resolve)
  }

  /** One timer serves the whole line, set for the waiter that will give up first. */
  #watch(delay: number): void {
    if (delay === Infinity) return
    const due = performance.now() + delay
    if (due >= this.#due) return
    clearTimeout(this.#timer)
    this.#due = due
    this.#timer = setTimeout(() => this.#expire(), Math.ceil(delay))
  }

  #stopWatch(): void {
    clearTimeout(this.#timer)
    this.#due = Infinity
  }

  #expire(): void {
    this.#due = Infinity
    const now = performance.now()
    const { owner, ownedSince } = this.#blamed
    let soonest = Infinity
    for (const waiter of this.#waiting) {
      const waited = owner === undefined ? 0 : now - Math.max(waiter.arrived, ownedSince)
      if (owner !== undefined && waited >= waiter.timeout) waiter.reject(this.#timeoutError(waited, owner))
      else soonest = Math.min(soonest, owner === undefined ? LOOK_AGAIN : waiter.timeout - waited)
    }
    this.#watch(soonest)
  }
}

/** Milliseconds. */
const YIELD_EVERY = 10

/** When nobody is to blame yet: milliseconds until somebody may be. */
const LOOK_AGAIN = 20
