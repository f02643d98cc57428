import { dueTurn } from './event-loop-turn.ts'
import { Wait } from './wait.ts'

/** How long to wait for a lock, and what may end the wait. */
export interface LockWait {
  /** Milliseconds; `Infinity` waits for as long as it takes. */
  readonly timeout: number
  readonly signal?: AbortSignal | undefined
}

type TimeoutError<Owner> = (waited: number, owner: Owner, waiter: Owner) => Error | undefined

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
 * The time-out is SQLite's busy timeout. As in SQLite, it counts the wait for one owner. A waiter gives up when the same
 * owner has kept it waiting for that long. A queue that moves on never times out, however long it is.
 *
 * An owner may not be ready to use the lock. Then no owner is to blame for the wait. A waiter that runs out of time does not
 * give up, but has the lock handed on.
 *
 * An owner may not know yet whether it needs the lock. Owners that come later let it go first, until it knows.
 */
export class FifoLock<Owner extends object> {
  #owner: Owner | undefined
  /** The place of the owner. */
  #place = 0
  #isOwnerReady = false
  /**
   * Since when the same owner has been ready, or no owner has been. Noted only while there are waiters. On the clock of
   * `performance.now()`.
   */
  #since = 0
  /** In the order of their places. */
  readonly #waiting: Waiter<Owner>[] = []
  /** Owners that do not know yet whether they need the lock, in the order of their places. */
  readonly #undecided: Map<Owner, number> = new Map()
  #places = 0
  readonly #timeoutError: TimeoutError<Owner>
  readonly #isReady: (owner: Owner) => boolean

  /**
   * @param timeoutError Makes the error of a waiter that gives up, from the milliseconds that it waited for `owner`. If it
   *   makes none, the waiter goes on waiting, and the time counts anew for the next owner.
   * @param isReady Whether an owner can use the lock. By default, every owner can.
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

  /** A new place, behind all places given before. */
  newPlace(): number {
    return (this.#places += 1)
  }

  /**
   * Keeps the lock from all later owners, until `owner` has taken it, has queued for it or has let them pass.
   *
   * @returns the place of `owner`.
   */
  reserve(owner: Owner): number {
    const place = this.newPlace()
    this.#undecided.set(owner, place)
    return place
  }

  /** Ends the reservation of `owner`, if it has one. */
  letPass(owner: Owner): void {
    if (this.#undecided.delete(owner)) this.#handOn()
  }

  /** Whether no waiter stands before `place`, and no owner that may yet become one. */
  isFirst(place: number): boolean {
    const [first] = this.#waiting
    return (first === undefined || first.place >= place) && !this.#isReservedBefore(place)
  }

  /**
   * Takes the lock if it is free or `owner` has it. A ready `owner` also takes it from an owner that is not ready and has a
   * later place.
   */
  tryAcquire(owner: Owner, place: number = this.newPlace()): boolean {
    const isFree =
      this.#owner === undefined
        ? !this.#isReservedBefore(place)
        : !this.#isOwnerReady && (this.#owner === owner || (place < this.#place && this.#isReady(owner)))
    if (isFree) this.#own(owner, place)
    return this.#owner === owner
  }

  /**
   * Queues for the lock. Rejects with the signal's reason, or with the time-out error.
   *
   * @param place The place in the queue. Default is its end.
   */
  acquire(owner: Owner, { timeout, signal }: LockWait, place: number = this.newPlace()): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    if (this.tryAcquire(owner, place)) return Promise.resolve()
    const wait = new Wait(signal, () => this.#leave(waiter))
    const waiter: Waiter<Owner> = { owner, place, arrived: performance.now(), timeout, wait }
    // The search ends at once, unless an owner comes back to its earlier place.
    const before = this.#waiting.findLastIndex((other) => other.place < place)
    this.#waiting.splice(before + 1, 0, waiter)
    this.#undecided.delete(owner)
    wait.after(timeout, () => this.#expire(waiter))
    return wait.over
  }

  /** Gives the lock to the first waiter. Does nothing if `owner` neither owns nor reserves it. */
  release(owner: Owner): void {
    if (this.#owner !== owner) return this.letPass(owner)
    this.#owner = undefined
    this.#noteTime()
    this.#isOwnerReady = false
    this.#handOn()
  }

  #handOn(): void {
    const [next] = this.#waiting
    if (this.#owner !== undefined || next === undefined || this.#isReservedBefore(next.place)) return
    this.#waiting.shift()
    this.#own(next.owner, next.place)
    this.#wake(next)
  }

  #isReservedBefore(place: number): boolean {
    if (this.#undecided.size === 0) return false
    const [first] = this.#undecided.values()
    return first! < place
  }

  /** Hands the lock on, past an owner that is not ready, or past the owners that reserve it. */
  #passOver(owner: Owner | undefined): void {
    if (owner !== undefined) return this.release(owner)
    this.#undecided.clear()
    this.#handOn()
  }

  /** A waiter that has been given the lock, but has not been told yet, is no longer in the queue. */
  #leave(waiter: Waiter<Owner>): void {
    const index = this.#waiting.indexOf(waiter)
    if (index !== -1) this.#waiting.splice(index, 1)
  }

  #own(owner: Owner, place: number): void {
    this.#undecided.delete(owner)
    this.#owner = owner
    this.#place = place
    this.#isOwnerReady = this.#isReady(owner)
    this.#noteTime()
  }

  /** Waiters that come later count from their own arrival. */
  #noteTime(): void {
    if (this.#isOwnerReady && this.#waiting.length > 0) this.#since = performance.now()
  }

  /** A queue of owners that never wait for the event loop would block timers and sockets. */
  #wake({ wait }: Waiter<Owner>): void {
    const turn = dueTurn()
    if (turn === undefined) wait.end()
    else void turn.then(wait.end)
  }

  /** Gives up, or looks again when the time may be over. */
  #expire(waiter: Waiter<Owner>): void {
    // The waiter already has the lock, and is told after a turn of the event loop.
    if (!this.#waiting.includes(waiter)) return
    const { arrived, timeout, wait } = waiter
    const waited = performance.now() - Math.max(arrived, this.#since)
    const lookAgainIn = (delay: number): void => wait.after(delay, () => this.#expire(waiter))
    if (waited < timeout) return lookAgainIn(timeout - waited)
    const owner = this.#owner
    if (owner === undefined || !this.#isOwnerReady) {
      this.#passOver(owner)
      return lookAgainIn(0)
    }
    const error = this.#timeoutError(waited, owner, waiter.owner)
    // The next owner comes later, so its time is not over before then.
    if (error === undefined) lookAgainIn(Math.max(timeout, SHORTEST_LOOK))
    else wait.fail(error)
  }
}

/** Milliseconds. Without it, a waiter with a time-out of 0 would look all the time. */
const SHORTEST_LOOK = 5
