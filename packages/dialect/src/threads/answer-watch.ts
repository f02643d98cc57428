import { performance } from 'node:perf_hooks'
import { setImmediate } from '../clock.ts'
import { Signal } from './protocol.ts'

/**
 * Lets the calling thread look for the answer to a request, instead of sleeping until it comes.
 *
 * It is the counterpart of `Sleeper`. It looks once in each turn of the event loop, so timers and sockets go on. That is of use
 * only if the worker has a core of its own: on one core, looking keeps the worker from its work. A worker that was looking for a
 * request when one came, and has not slept since, has a core of its own.
 */
export class AnswerWatch {
  readonly #signals: Int32Array<SharedArrayBuffer>
  readonly #look: () => void
  #postedAt = 0
  /** Milliseconds from the last request to its answer. */
  #took = 0
  #isAwaiting = false
  #isTurning = false

  /** @param look Takes what has arrived. */
  constructor(signals: Int32Array<SharedArrayBuffer>, look: () => void) {
    this.#signals = signals
    this.#look = look
  }

  /** A request is about to leave, and no other is under way. */
  begin(): void {
    this.#postedAt = performance.now()
    this.#isAwaiting = true
    const isOfUse = this.#took < LONGEST_LOOK && Atomics.load(this.#signals, Signal.watched) === 1
    if (!isOfUse || this.#isTurning) return
    this.#isTurning = true
    setImmediate(this.#turn)
  }

  /** Something has arrived. */
  end(): void {
    if (!this.#isAwaiting) return
    this.#isAwaiting = false
    this.#took = performance.now() - this.#postedAt
  }

  readonly #turn = (): void => {
    this.#look()
    this.#isTurning = this.#isAwaiting && performance.now() - this.#postedAt < LONGEST_LOOK
    if (this.#isTurning) setImmediate(this.#turn)
  }
}

/** Milliseconds. */
const LONGEST_LOOK = 0.15
