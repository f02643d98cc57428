import { setTimeout as delay } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { stopwatch } from './stopwatch.ts'

/** A timer that beats every 10 ms and remembers how late it has ever been: a blocked event loop shows in it. */
export class Heartbeat {
  #beats = 0
  /** Milliseconds, without those of a busy machine. */
  #latest = 0

  constructor() {
    let sinceBeat = stopwatch()
    const timer = setInterval(() => {
      this.#beats += 1
      this.#latest = Math.max(this.#latest, sinceBeat() - INTERVAL)
      sinceBeat = stopwatch()
    }, INTERVAL)
    onTestFinished(() => clearInterval(timer))
  }

  /** The longest that the event loop has stood still, in milliseconds. */
  async longestPause(): Promise<number> {
    // A beat that is overdue comes first.
    await delay(INTERVAL * 2)
    return this.#beats === 0 ? Infinity : this.#latest
  }

  /** The event loop has been free all the time. */
  async expectRegular(): Promise<void> {
    const pause = await this.longestPause()
    if (pause >= LATE) throw new Error(`the event loop stood still for ${Math.round(pause)} ms`)
  }
}

const INTERVAL = 10

/** How long a lock is held for a heartbeat to show whether the event loop stands still meanwhile, in milliseconds. */
export const HELD = 400

/** Below every wait in these tests, `HELD`, and far above what a free event loop is late. */
const LATE = 250
