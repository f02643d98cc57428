import { performance } from 'node:perf_hooks'
import { microseconds } from '../clock.ts'
import { Signal } from './protocol.ts'

/**
 * Lets a thread wait until a list of requests is posted.
 *
 * To wake a sleeping thread takes a few microseconds where its processor core is awake, and ten times as many where the core
 * sleeps too. In the second case the thread looks at the count of lists for a little while before it sleeps, as long as that is
 * of use. It is of no use if other work keeps the core busy. The thread notices that, because the list says when it was posted.
 */
export class Sleeper {
  readonly #signals: Int32Array<SharedArrayBuffer>
  #isWatching = false
  #watched = 0

  constructor(signals: Int32Array<SharedArrayBuffer>) {
    this.#signals = signals
  }

  /** Returns when the count of lists is no longer what was seen. */
  sleepWhile(seen: number): void {
    if (this.#isWatching && this.#watched < WATCHES_IN_A_ROW) {
      this.#watched += 1
      if (this.#sawChange(seen)) {
        Atomics.store(this.#signals, Signal.watched, 1)
        return
      }
    }
    Atomics.store(this.#signals, Signal.watched, 0)
    this.#watched = 0
    const start = performance.now()
    Atomics.wait(this.#signals, Signal.posted, seen)
    const slept = performance.now() - start
    const waking = (microseconds() - Atomics.load(this.#signals, Signal.postedAt)) / 1000
    this.#isWatching = waking > QUICK_WAKE && waking < LONGEST_WAKE && slept - waking < WATCH
  }

  #sawChange(seen: number): boolean {
    const end = performance.now() + WATCH
    do {
      for (let n = 0; n < LOOKS_PER_CLOCK; n += 1) {
        if (Atomics.load(this.#signals, Signal.posted) !== seen) return true
      }
    } while (performance.now() < end)
    return false
  }
}

/** Milliseconds that it looks for before it sleeps. */
const WATCH = 0.1

/** Milliseconds. Where no core sleeps, waking takes less. */
const QUICK_WAKE = 0.015

/** Milliseconds. What takes longer to wake has waited for other work. */
const LONGEST_WAKE = 0.1

/** After so many it sleeps once, to see how quickly it is woken now. */
const WATCHES_IN_A_ROW = 256

const LOOKS_PER_CLOCK = 50
