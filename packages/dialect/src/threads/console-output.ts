import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'

/**
 * What the user's code in this thread has printed and nobody has seen yet: it goes through the calling thread, line by
 * line, and this thread has to turn its event loop after each to send the next.
 */
export class ConsoleOutput {
  /** Nobody takes it. */
  #isStuck = false

  get isWaiting(): boolean {
    const isWaiting = process.stdout.writableLength > 0 || process.stderr.writableLength > 0
    if (!isWaiting) this.#isStuck = false
    return isWaiting && !this.#isStuck
  }

  /** Resolves when all is shown, or nothing more of it for a while. */
  async shown(): Promise<void> {
    const until = performance.now() + PATIENCE
    while (this.isWaiting) {
      if (performance.now() > until) this.#isStuck = true
      Atomics.wait(NEVER_CHANGED, 0, 0, PAUSE)
      await setImmediate()
    }
  }
}

const NEVER_CHANGED = new Int32Array(new SharedArrayBuffer(4))

/** Milliseconds. */
const PAUSE = 0.2

/** Milliseconds. */
const PATIENCE = 1000
