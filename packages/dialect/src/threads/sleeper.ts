import { microseconds } from '../clock.ts'
import { Signal } from './protocol.ts'
import { sawChange } from './saw-change.ts'

/**
 * Lets a thread wait until a list of requests is posted.
 *
 * To wake a sleeping thread takes 3 to 50 µs, depending on how deep its processor core sleeps. So the thread looks at the count of lists
 * for a little while before it sleeps, if the last list came within that time. It looks for as long as four wakings take, which
 * bounds the processor time that a look can waste.
 *
 * Where the thread shares its core with the calling thread or with other work, it would look in vain while that has to wait. So it
 * sleeps a number of times at first, and after each look in vain, before it looks again. That number doubles with each look in vain,
 * and halves with each row of looks that were of use.
 */
export class Sleeper {
  readonly #signals: Int32Array<SharedArrayBuffer>
  #isWatching = false
  /** Microseconds from the post of a list until this thread was awake, on average. */
  #waking: number | undefined
  /** How many looks in a row were of use. */
  #ofUse = 0
  /** How often it sleeps before it looks again. */
  #sleepsLeft = FEWEST_SLEEPS
  #sleepsAfterNext = FEWEST_SLEEPS

  constructor(signals: Int32Array<SharedArrayBuffer>) {
    this.#signals = signals
  }

  /** Returns when the count of lists is no longer what was seen. */
  sleepWhile(seen: number): void {
    if (this.#isWatching && sawChange(this.#signals, Signal.posted, seen, this.#longestLook)) {
      this.#noteUse()
      Atomics.store(this.#signals, Signal.longestLook, Math.ceil(this.#longestLook))
      return
    }
    if (this.#isWatching) this.#noteVain()
    Atomics.store(this.#signals, Signal.longestLook, 0)
    const start = microseconds()
    Atomics.wait(this.#signals, Signal.posted, seen)
    const postedAt = Atomics.load(this.#signals, Signal.postedAt)
    const waking = microseconds() - postedAt
    if (this.#sleepsLeft > 0) this.#sleepsLeft -= 1
    const isLate = waking < 0 || waking > LONGEST_WAKE
    if (!isLate) this.#noteWaking(waking)
    this.#isWatching = this.#sleepsLeft === 0 && !isLate && postedAt - start < this.#longestLook
  }

  /** Microseconds. */
  get #longestLook(): number {
    return Math.min(WAKINGS_PER_LOOK * (this.#waking ?? 0), LONGEST_LOOK)
  }

  #noteWaking(took: number): void {
    this.#waking ??= took
    this.#waking += (took - this.#waking) / SLEEPS_PER_AVERAGE
  }

  #noteUse(): void {
    this.#ofUse += 1
    if (this.#ofUse % ROW !== 0) return
    this.#sleepsAfterNext = Math.max(this.#sleepsAfterNext / 2, FEWEST_SLEEPS)
  }

  #noteVain(): void {
    this.#isWatching = false
    this.#ofUse = 0
    this.#sleepsLeft = this.#sleepsAfterNext
    this.#sleepsAfterNext = Math.min(this.#sleepsAfterNext * 2, MOST_SLEEPS)
  }
}

const WAKINGS_PER_LOOK = 4

/** Microseconds. */
const LONGEST_LOOK = 100

const SLEEPS_PER_AVERAGE = 8

/** Microseconds. What takes longer to wake has waited for other work. */
const LONGEST_WAKE = 100

const FEWEST_SLEEPS = 8
const MOST_SLEEPS = 1024

/** So many looks of use save about as much time as one in vain takes. */
const ROW = 16
