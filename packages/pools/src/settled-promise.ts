import { isPromise, type MaybePromise } from './maybe-promise.ts'

/**
 * A promise that calls back at once where its value is there already.
 *
 * generic-pool lends a free slot and makes a new one at once, but returns it through a promise of a class that it takes
 * as an option. With a usual promise, no checkout could be served at once, and a slot that has just come back could go to
 * another checkout before the first one knows that it has it.
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
