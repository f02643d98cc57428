import { performance } from 'node:perf_hooks'
/**
 * Lets a thread wait until a word of shared memory changes.
 *
 * To wake a sleeping thread takes a few microseconds where its processor core is awake, and ten times as many where the core
 * sleeps too. In the second case the thread looks at the word for a little while before it sleeps, as long as that is of use.
 * It is of no use if other work keeps the core busy. Waking is quick then, and the thread notices that.
 */
export class Sleeper {
  readonly #words: Int32Array<SharedArrayBuffer>
  readonly #index: number
  #isWatching = false
  #watched = 0

  constructor(words: Int32Array<SharedArrayBuffer>, index: number) {
    this.#words = words
    this.#index = index
  }

  /** Returns when the word is no longer what was seen. */
  sleepWhile(seen: number): void {
    if (this.#isWatching && this.#watched < WATCHES_IN_A_ROW) {
      this.#watched += 1
      if (this.#sawChange(seen)) return
    }
    this.#watched = 0
    const start = performance.now()
    Atomics.wait(this.#words, this.#index, seen)
    const slept = performance.now() - start
    this.#isWatching = slept > QUICK_WAKE && slept < WATCH * 2
  }

  #sawChange(seen: number): boolean {
    const end = performance.now() + WATCH
    do {
      for (let n = 0; n < LOOKS_PER_CLOCK; n += 1) {
        if (Atomics.load(this.#words, this.#index) !== seen) return true
      }
    } while (performance.now() < end)
    return false
  }
}

/** Milliseconds that it looks for before it sleeps. */
const WATCH = 0.05

/** Milliseconds. To sleep so briefly, a thread must have been woken quickly. */
const QUICK_WAKE = 0.03

/** After so many it sleeps once, to see how quickly it is woken now. */
const WATCHES_IN_A_ROW = 256

const LOOKS_PER_CLOCK = 50
