import { Wait } from './wait.ts'

/** A line of waiters, first come, first served. A waiter can leave early from any place in it. */
export class WaitLine<T> {
  readonly #waits: Set<Wait<T | undefined>> = new Set()

  get length(): number {
    return this.#waits.size
  }

  /**
   * Waits for a turn. The wait rejects with `signal.reason` when the signal fires.
   *
   * @param timeout in milliseconds; a time that no timer can measure is for ever
   * @returns a wait that gives undefined when the time is up
   */
  join(timeout: number, signal: AbortSignal | undefined): Wait<T | undefined> {
    const wait = new Wait<T | undefined>({
      signal,
      timeout: { after: timeout, value: undefined },
      onLeave: () => this.#waits.delete(wait),
    })
    this.#waits.add(wait)
    return wait
  }

  /** Gives `value` to the first in line. */
  serve(value: T): void {
    this.#shift().resolve(value)
  }

  /** Fails the first in line. */
  fail(error: unknown): void {
    this.#shift().reject(error)
  }

  #shift(): Wait<T | undefined> {
    const [first] = this.#waits
    if (first === undefined) throw new Error('bug: nobody waits')
    this.#waits.delete(first)
    return first
  }
}
