import { dueTurn } from './event-loop-turn.ts'
import { Wait } from './wait.ts'

/** How long to wait for a lock, and what may end the wait. */
export interface LockWait {
  /** Milliseconds; `Infinity` waits for as long as it takes. */
  readonly timeout: number
  readonly signal?: AbortSignal | undefined
}

type TimeoutError<Owner> = (waited: number, owner: Owner, waiter: Owner) => Error

interface Waiter<Owner> {
  readonly owner: Owner
  readonly arrived: number
  readonly timeout: number
  readonly wait: Wait
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
  readonly #timeoutError: TimeoutError<Owner>
  readonly #blamed: FifoLock<Owner>

  /**
   * @param timeoutError Makes the error of a waiter that gives up, from the milliseconds that it waited for `owner`.
   * @param blamed The lock whose owner is what keeps this one's waiters waiting. Default is this lock.
   */
  constructor(timeoutError: TimeoutError<Owner>, blamed?: FifoLock<Owner>) {
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
    const wait = new Wait(signal, () => this.#waiting.delete(waiter))
    const waiter: Waiter<Owner> = { owner, arrived: performance.now(), timeout, wait }
    this.#waiting.add(waiter)
    wait.after(timeout, () => this.#expire(waiter))
    return wait.over
  }

  /** Gives the lock to whoever waits longest. Does nothing for one who does not own it. */
  release(owner: Owner): void {
    if (this.#owner !== owner) return
    this.#owner = undefined
    for (const next of this.#waiting) {
      this.#waiting.delete(next)
      this.#own(next.owner)
      this.#wake(next)
      return
    }
  }

  #own(owner: Owner): void {
    this.#owner = owner
    this.#ownedSince = performance.now()
  }

  /** A line of owners that never wait for the event loop would keep timers and sockets waiting. */
  #wake({ wait }: Waiter<Owner>): void {
    const turn = dueTurn()
    if (turn === undefined) wait.end()
    else void turn.then(wait.end)
  }

  /** Gives up, or looks again when the time may be over. */
  #expire(waiter: Waiter<Owner>): void {
    const { arrived, timeout, wait } = waiter
    // It has the lock by now, and is told after a turn of the event loop.
    if (!this.#waiting.has(waiter)) return
    const { owner, ownedSince } = this.#blamed
    const waited = performance.now() - Math.max(arrived, ownedSince)
    if (owner !== undefined && waited >= timeout)
      return wait.fail(this.#timeoutError(waited, owner, waiter.owner))
    wait.after(owner === undefined ? LOOK_AGAIN : timeout - waited, () => this.#expire(waiter))
  }
}

/** When nobody is to blame yet: milliseconds until somebody may be. */
const LOOK_AGAIN = 20
