import { microseconds, setImmediate } from '../clock.ts'
import { Signal } from './protocol.ts'
import { sawChange } from './saw-change.ts'

/**
 * Lets the calling thread look for the answer to a request, instead of sleeping until it comes.
 *
 * It is the counterpart of `Sleeper`. Between two looks the event loop turns, so timers and sockets go on. That is of use only if the
 * worker has a core of its own: on one core, looking keeps the worker from its work. A worker that was looking for a request when one
 * came, and has not slept since, probably has a core of its own.
 *
 * It looks at the count of replies, which the worker changes when it has posted one. To ask the port while the worker posts to it
 * would wait for the port's lock, and that is a sleep.
 */
export class AnswerWatch {
  /** How many of this thread look at present. */
  static #turning = 0
  readonly #signals: Int32Array<SharedArrayBuffer>
  readonly #take: () => void
  #postedAt = 0
  /** The count of replies before the answer. */
  #seen = 0
  /** Microseconds from the last request to its answer. */
  #took = 0
  /** Microseconds for which it is of use to look for the answer. */
  #longest = 0
  #isAwaiting = false
  #isTurning = false

  /** @param take Takes what has arrived. */
  constructor(signals: Int32Array<SharedArrayBuffer>, take: () => void) {
    this.#signals = signals
    this.#take = take
  }

  /** A request is about to leave, and no other is under way. */
  begin(): void {
    this.#postedAt = microseconds()
    this.#seen = Atomics.load(this.#signals, Signal.answered)
    this.#isAwaiting = true
    this.#longest = Atomics.load(this.#signals, Signal.longestLook)
    if (this.#took >= this.#longest || this.#isTurning) return
    this.#isTurning = true
    AnswerWatch.#turning += 1
    setImmediate(this.#turn)
  }

  /** Something has arrived, or nothing will. */
  end(): void {
    if (!this.#isAwaiting) return
    this.#isAwaiting = false
    this.#took = this.#passed
  }

  readonly #turn = (): void => {
    if (this.#isAwaiting) this.#look()
    if (this.#isAwaiting && this.#passed < this.#longest) setImmediate(this.#turn)
    else {
      this.#isTurning = false
      AnswerWatch.#turning -= 1
    }
  }

  #look(): void {
    const hasChanged = sawChange(
      this.#signals,
      Signal.answered,
      this.#seen,
      LONGEST_WITHOUT_TURN / AnswerWatch.#turning,
    )
    if (!hasChanged) return
    this.#seen = Atomics.load(this.#signals, Signal.answered)
    this.#take()
  }

  /** Microseconds since the request. Infinite when the clock has begun anew. */
  get #passed(): number {
    const passed = microseconds() - this.#postedAt
    return passed < 0 ? Infinity : passed
  }
}

/** Microseconds without a turn of the event loop, for all that look. */
const LONGEST_WITHOUT_TURN = 20
