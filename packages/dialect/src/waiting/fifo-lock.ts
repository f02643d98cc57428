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
 * The time-out is SQLite's busy timeout, so it is counted as there: against one owner. A waiter gives up when one and
 * the same owner has kept it waiting for that long; a line that moves on never times out, however long it is.
 *
 * An owner may not be ready to make use of the lock. Then nobody is to blame for the wait: a waiter whose time is up does
 * not give up, but has the lock handed on.
 *
 * Somebody may not know yet whether to queue. Those who come later let it go first, until it knows.
 */
export class FifoLock<Owner extends object> {
  #owner: Owner | undefined
  /** The owner's. */
  #place = 0
  #isOwnerReady = false
  /** Since when one and the same owner has been ready, or none, as far as those who wait saw it begin. On the clock of `performance.now()`. */
  #since = 0
  /** In the order of their places. */
  readonly #waiting: Waiter<Owner>[] = []
  /** Those who do not know yet whether they need the lock, in the order of their places. */
  readonly #undecided: Map<Owner, number> = new Map()
  #places = 0
  readonly #timeoutError: TimeoutError<Owner>
  readonly #isReady: (owner: Owner) => boolean

  /**
   * @param timeoutError Makes the error of a waiter that gives up, from the milliseconds that it waited for `owner`. None: it waits on.
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

  /**
   * Keeps the lock from all who come later, until `owner` has taken it, has queued for it or has let them pass.
   *
   * @returns its place.
   */
  reserve(owner: Owner): number {
    const place = this.newPlace()
    this.#undecided.set(owner, place)
    return place
  }

  /** Keeps nobody back any more. */
  letPass(owner: Owner): void {
    if (this.#undecided.delete(owner)) this.#handOn()
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
      this.#owner === undefined
        ? !this.#isReservedBefore(place)
        : !this.#isOwnerReady && (this.#owner === owner || (place < this.#place && this.#isReady(owner)))
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
    this.#undecided.delete(owner)
    wait.after(timeout, () => this.#expire(waiter))
    return wait.over
  }

  /** Gives the lock to the first in line. Does nothing for one who neither owns nor reserves it. */
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

  /** Hands the lock on from one that is not ready, or from those who reserve it. */
  #passOver(owner: Owner | undefined): void {
    if (owner !== undefined) return this.release(owner)
    this.#undecided.clear()
    this.#handOn()
  }

  /** One that has been given the lock, but is not yet told, is in the line no more. */
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

  /** Whoever comes later counts from when it came. */
  #noteTime(): void {
    if (this.#isOwnerReady && this.#waiting.length > 0) this.#since = performance.now()
  }

  /** A line of owners that never wait for the event loop would keep timers and sockets waiting. */
  #wake({ wait }: Waiter<Owner>): void {
    const turn = dueTurn()
    if (turn === undefined) wait.end()
    else void turn.then(wait.end)
  }

  /** Gives up, or looks again when the time may be over. */
  #expire(waiter: Waiter<Owner>): void {
    // It has the lock by now, and is told after a turn of the event loop.
    if (!this.#waiting.includes(waiter)) return
    const owner = this.#owner
    const { arrived, timeout, wait } = waiter
    const waited = performance.now() - Math.max(arrived, this.#since)
    const isOver = waited >= timeout
    if (isOver && owner !== undefined && this.#isOwnerReady) {
      const error = this.#timeoutError(waited, owner, waiter.owner)
      if (error !== undefined) wait.fail(error)
      return wait.after(UNTIL_NEXT_LOOK, () => this.#expire(waiter))
    }
    if (isOver) this.#passOver(owner)
    wait.after(isOver ? 0 : timeout - waited, () => this.#expire(waiter))
  }
}

/** Milliseconds, where an owner keeps it for longer and is not to blame. */
const UNTIL_NEXT_LOOK = 5
