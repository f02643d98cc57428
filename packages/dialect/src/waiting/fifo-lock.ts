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
  readonly place: number
  readonly arrived: number
  readonly timeout: number
  readonly wait: Wait
}

/**
 * Mutual exclusion inside one thread, first come first served.
 *
 * The time-out is SQLite's busy timeout, so it is counted as there: against one owner. A waiter gives up when one and
 * the same owner has kept it waiting for that long; a line that moves on never times out, however long it is.
 *
 * An owner may not be ready to make use of the lock. Then nobody is to blame for the wait: a waiter whose time is up does
 * not give up, but has the lock handed on.
 */
export class FifoLock<Owner extends object> {
  #owner: Owner | undefined
  /** The owner's. */
  #place = 0
  #isOwnerReady = false
  /** Since when one and the same owner has been ready, or none, on the clock of `performance.now()`. */
  #since = 0
  /** In the order of their places. */
  readonly #waiting: Waiter<Owner>[] = []
  #places = 0
  readonly #timeoutError: TimeoutError<Owner>
  readonly #isReady: (owner: Owner) => boolean

  /**
   * @param timeoutError Makes the error of a waiter that gives up, from the milliseconds that it waited for `owner`.
   * @param isReady Whether an owner can make use of the lock. Default is that each can.
   */
  constructor(timeoutError: TimeoutError<Owner>, isReady: (owner: Owner) => boolean = () => true) {
    this.#timeoutError = timeoutError
    this.#isReady = isReady
  }

  get owner(): Owner | undefined {
    return this.#owner
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** A place behind all that were given before. */
  newPlace(): number {
    return (this.#places += 1)
  }

  /** Nobody waits before `place`. */
  isFirst(place: number): boolean {
    const [first] = this.#waiting
    return first === undefined || first.place >= place
  }

  /**
   * Takes the lock if it is free or `owner` has it. Who is ready takes it as well from an owner that is not, and that has a
   * place behind.
   */
  tryAcquire(owner: Owner, place: number = this.newPlace()): boolean {
    const isFree =
      this.#owner === undefined ||
      (!this.#isOwnerReady && (this.#owner === owner || (place < this.#place && this.#isReady(owner))))
    if (isFree) this.#own(owner, place)
    return this.#owner === owner
  }

  /**
   * Queues for the lock. Rejects with the signal's reason, or with the time-out error.
   *
   * @param place Where to stand in the line. Default is at its end.
   */
  acquire(owner: Owner, { timeout, signal }: LockWait, place: number = this.newPlace()): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    if (this.tryAcquire(owner, place)) return Promise.resolve()
    const wait = new Wait(signal, () => this.#leave(waiter))
    const waiter: Waiter<Owner> = { owner, place, arrived: performance.now(), timeout, wait }
    // Found at once, except for one who comes back to its place.
    const before = this.#waiting.findLastIndex((other) => other.place < place)
    this.#waiting.splice(before + 1, 0, waiter)
    wait.after(timeout, () => this.#expire(waiter))
    return wait.over
  }

  /** Gives the lock to the first in line. Does nothing for one who does not own it. */
  release(owner: Owner): void {
    if (this.#owner !== owner) return
    this.#owner = undefined
    if (this.#isOwnerReady) this.#since = performance.now()
    this.#isOwnerReady = false
    const next = this.#waiting.shift()
    if (next === undefined) return
    this.#own(next.owner, next.place)
    this.#wake(next)
  }

  /** One that has been given the lock, but is not yet told, is in the line no more. */
  #leave(waiter: Waiter<Owner>): void {
    const index = this.#waiting.indexOf(waiter)
    if (index !== -1) this.#waiting.splice(index, 1)
  }

  #own(owner: Owner, place: number): void {
    this.#owner = owner
    this.#place = place
    this.#isOwnerReady = this.#isReady(owner)
    if (this.#isOwnerReady) this.#since = performance.now()
  }

  /** A line of owners that never wait for the event loop would keep timers and sockets waiting. */
  #wake({ wait }: Waiter<Owner>): void {
    const turn = dueTurn()
    if (turn === undefined) wait.end()
    else void turn.then(wait.end)
  }

  /** Gives up, or looks again when the time may be over. */
  #expire(waiter: Waiter<Owner>): void {
    const owner = this.#owner
    // It has the lock by now, and is told after a turn of the event loop.
    if (owner === undefined || !this.#waiting.includes(waiter)) return
    const { arrived, timeout, wait } = waiter
    const waited = performance.now() - Math.max(arrived, this.#since)
    const isOver = waited >= timeout
    if (isOver && this.#isOwnerReady) return wait.fail(this.#timeoutError(waited, owner, waiter.owner))
    if (isOver) this.release(owner)
    wait.after(isOver ? 0 : timeout - waited, () => this.#expire(waiter))
  }
}
