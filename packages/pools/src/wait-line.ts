import type { MaybePromise } from './maybe-promise.ts'

/** Longer delays than this overflow Node's timers, which then fire at once. */
const longestTimer = 2 ** 31 - 1

/** One place in a line. */
export interface PlaceInLine<T> {
  /** Gives undefined when the time is up. */
  readonly turn: Promise<T | undefined>
  /** Gives the place up: the turn rejects with `reason`. Does nothing once the turn has come. */
  readonly leave: (reason: unknown) => void
}

/** Those who wait for something, served in the order in which they came. Leaving early is possible at any place in it. */
export class WaitLine<T> {
  #first: Waiter<T> | undefined
  #last: Waiter<T> | undefined
  #length = 0

  get length(): number {
    return this.#length
  }

  /**
   * Waits for a turn. Rejects with `signal.reason` when the signal fires.
   *
   * @param timeout in milliseconds; a time that no timer can measure is for ever
   */
  join(timeout: number, signal: AbortSignal | undefined): PlaceInLine<T> {
    const waiter = new Waiter<T>()
    waiter.previous = this.#last
    if (this.#last === undefined) this.#first = waiter
    else this.#last.next = waiter
    this.#last = waiter
    this.#length++

    const leave = (reason: unknown): void => {
      if (!waiter.isWaiting) return
      this.#remove(waiter)
      waiter.reject(reason)
    }
    const onAbort = (): void => leave(signal?.reason)
    const onTimeout = (): void => {
      this.#remove(waiter)
      waiter.resolve(undefined)
    }
    signal?.addEventListener('abort', onAbort)
    // Not unref'd: the process stays up until somebody has seen that the time was up.
    const timer = timeout <= longestTimer ? setTimeout(onTimeout, timeout) : undefined
    waiter.cleanUp = () => {
      signal?.removeEventListener('abort', onAbort)
      clearTimeout(timer)
    }
    return { turn: waiter.promise, leave }
  }

  /** Gives `value` to the first in line. */
  serve(value: MaybePromise<T>): void {
    this.#shift().resolve(value)
  }

  /** Fails the first in line. */
  fail(error: unknown): void {
    this.#shift().reject(error)
  }

  #shift(): Waiter<T> {
    const waiter = this.#first
    if (waiter === undefined) throw new Error('bug: nobody waits')
    this.#remove(waiter)
    return waiter
  }

  #remove(waiter: Waiter<T>): void {
    if (waiter.previous === undefined) this.#first = waiter.next
    else waiter.previous.next = waiter.next
    if (waiter.next === undefined) this.#last = waiter.previous
    else waiter.next.previous = waiter.previous
    this.#length--
    waiter.isWaiting = false
    waiter.cleanUp()
  }
}

class Waiter<T> {
  previous: Waiter<T> | undefined
  next: Waiter<T> | undefined
  isWaiting = true
  cleanUp: () => void = () => {}
  readonly promise: Promise<T | undefined>
  readonly resolve: (value: MaybePromise<T> | undefined) => void
  readonly reject: (reason: unknown) => void

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>()
    this.promise = promise
    this.resolve = resolve
    this.reject = reject
  }
}
