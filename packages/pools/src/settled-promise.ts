import { isPromise, type MaybePromise } from './maybe-promise.ts'

/**
 * A promise that calls back at once where its value is there already.
 *
 * generic-pool, which takes the class of its promises as an option, lends a free slot and makes a new one in the same
 * breath, but tells it through a promise. A checkout could then not be served at once, and a slot that has just been given
 * back could go to somebody else before the promise has told who has it.
 */
export class SettledPromise<T> extends Promise<T> {
  readonly #settled: { value?: T }

  constructor(
    executor: (resolve: (value: T | PromiseLike<T>) => void, reject: (reason?: unknown) => void) => void,
  ) {
    const settled: { value?: T } = {}
    super((resolve, reject) => {
      executor((value) => {
        const answer = value as MaybePromise<T>
        if (!isPromise(answer)) settled.value = answer
        resolve(value)
      }, reject)
    })
    this.#settled = settled
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise
  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (!('value' in this.#settled) || !onFulfilled) return super.then(onFulfilled, onRejected)
    return SettledPromise.resolve(onFulfilled(this.#settled.value as T))
  }
}
