import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Distribution } from './distribution.ts'

const RESOLUTION_MS = 1
const NANOSECONDS_PER_MS = 1e6

/** How late the timers of this thread are, beyond the millisecond for which they are set. */
export class EventLoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

  start(): void {
    this.#histogram.enable()
  }

  stop(): void {
    this.#histogram.disable()
  }

  distribution(): Distribution {
    return {
      median: late(this.#histogram.percentile(50)),
      p97: late(this.#histogram.percentile(97.5)),
      p99: late(this.#histogram.percentile(99)),
      max: late(this.#histogram.max),
    }
  }
}

function late(nanoseconds: number): number {
  return Math.max(0, nanoseconds / NANOSECONDS_PER_MS - RESOLUTION_MS)
}
