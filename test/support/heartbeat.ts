import { setTimeout as delay } from 'node:timers/promises'
import { onTestFinished } from 'vitest'

/** A timer that beats every 10 ms and remembers how late it has ever been: a blocked event loop shows in it. */
export class Heartbeat {
  beats = 0
  /** Milliseconds. */
  latest = 0

  constructor() {
    let due = performance.now() + INTERVAL
    const timer = setInterval(() => {
      const now = performance.now()
      this.beats += 1
      this.latest = Math.max(this.latest, now - due)
      due = now + INTERVAL
    }, INTERVAL)
    onTestFinished(() => clearInterval(timer))
  }

  /** The event loop has been free all the time, on a machine that others use as well. */
  async expectRegular(): Promise<void> {
    // A beat that is overdue comes first.
    await delay(INTERVAL * 2)
    if (this.beats === 0 || this.latest >= LATE) {
      throw new Error(`the event loop stood still for ${Math.round(this.latest)} ms`)
    }
  }
}

const INTERVAL = 10

/** How long a lock is held for a heartbeat to show whether the event loop stands still meanwhile, in milliseconds. */
export const HELD = 400

/** Below every wait in these tests, `HELD`, and far above what a busy machine does to a timer. */
const LATE = 250
